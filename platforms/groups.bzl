"""The config groups that select() uses to pick a selector and a waker.

Every group is an alias to a config_setting; two groups of one family never match together.
"""

load(":constraints.bzl", "EPOLL_OS", "KQUEUE_OS", "OS", "POLL_OS", "UNIX_OS")

def _any_of(name, settings):
    """An alias that matches when one of `settings`, which exclude each other, does."""
    cases = {setting: setting for setting in settings}
    cases["//conditions:default"] = settings[0]
    native.alias(name = name, actual = select(cases), visibility = ["//visibility:public"])

def _setting(name, os, flags):
    native.config_setting(
        name = name,
        constraint_values = [OS[os]],
        flag_values = flags,
        visibility = ["//visibility:public"],
    )
    return ":" + name

def config_groups():
    """Defines the OS groups and the selector_*, waker_* families."""
    is_os = {os: _setting("_is_" + os, os, {}) for os in UNIX_OS}
    _any_of("linux", [is_os[os] for os in EPOLL_OS])
    _any_of("unix", [is_os[os] for os in UNIX_OS])
    native.alias(
        name = "windows",
        actual = OS["windows"],
        visibility = ["//visibility:public"],
    )

    selectors = {"epoll": [], "kqueue": [], "poll": []}
    wakers = {"eventfd": [], "kqueue": [], "pipe": []}
    for os in UNIX_OS:
        selectors["poll"].append(_setting("_poll_" + os, os, {":selector": "poll"}))
        wakers["pipe"].append(_setting("_pipe_" + os, os, {":waker": "pipe"}))
        if os in POLL_OS:
            selectors["poll"].append(_setting("_auto_" + os, os, {":selector": "auto"}))
            wakers["pipe"].append(_setting("_auto_waker_" + os, os, {":waker": "auto"}))
        elif os in EPOLL_OS:
            selectors["epoll"].append(_setting("_epoll_" + os, os, {":selector": "auto"}))
            for selector in ["auto", "poll"]:
                wakers["eventfd"].append(_setting(
                    "_eventfd_%s_%s" % (selector, os),
                    os,
                    {":selector": selector, ":waker": "auto"},
                ))
        elif os in KQUEUE_OS:
            # EVFILT_USER needs a kqueue to post to, which the poll(2) selector has none of.
            selectors["kqueue"].append(_setting("_kqueue_" + os, os, {":selector": "auto"}))
            wakers["kqueue"].append(
                _setting("_user_" + os, os, {":selector": "auto", ":waker": "auto"}),
            )
            wakers["pipe"].append(
                _setting("_poll_pipe_" + os, os, {":selector": "poll", ":waker": "auto"}),
            )

    # The kqueue selector on Linux, over the kqueue that //mio/sys/unix:kqueue_implementation names.
    model = _setting("selector_kqueue_model", "linux", {":selector": "kqueue_model"})
    selectors["kqueue"].append(model)
    wakers["kqueue"].append(_setting(
        "_user_model",
        "linux",
        {":selector": "kqueue_model", ":waker": "auto"},
    ))

    # The Windows selector on Linux, over what //mio/sys/windows:nt_implementation names.
    afd = [
        _setting("_is_windows", "windows", {}),
        _setting("selector_afd_model", "linux", {":selector": "afd_model"}),
    ]

    for name, settings in selectors.items():
        _any_of("selector_" + name, settings)
    for name, settings in wakers.items():
        _any_of("waker_" + name, settings)
    for name in ["selector_afd", "waker_post"]:
        _any_of(name, afd)
