#!/usr/bin/env python3
"""Fetches what third_party/pins.bzl names, checked against its hash, into a cache folder.

    fetch.py zig CACHE                  the compiler for this machine; prints the folder it is in
    fetch.py archives CACHE [NAME...]   archives by repository name, into CACHE/distdir

What is there already is not fetched again, and nothing that was fetched by half or does not match its
hash ever gets its final name. Any failure is one line on stderr and a non-zero exit.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile

CONNECT_TIMEOUT_S = 20
COMMAND_TIMEOUT_S = 900


class Failure(Exception):
    """Something to tell the user in one line."""


def pins():
    """The pins file is Starlark, of which its literals are Python too."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pins.bzl")
    values = {}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), {}, values)
    return values


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def reason(text):
    """The line of a command's output that says best why it failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Could not fetch URL")]
    errors = [line for line in lines if line.upper().startswith(("E:", "ERROR"))]
    return (causes or errors or lines or ["no output"])[-1][:300]


def run(command, **options):
    """Runs a command; its output is returned, and told only when it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
            **options
        )
    except subprocess.TimeoutExpired:
        raise Failure("%s took over %d s" % (command[0], COMMAND_TIMEOUT_S))
    except OSError as error:
        raise Failure("%s: %s" % (command[0], error.strerror))
    if done.returncode != 0:
        raise Failure(reason(done.stdout))
    return done.stdout


def settle(temporary, final):
    """Gives a finished file or folder its name; one that another run settled first is as good."""
    try:
        os.rename(temporary, final)
    except OSError:
        if not os.path.exists(final):
            raise


def machine():
    system = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}.get(platform.system())
    cpu = {
        "x86_64": "x86_64",
        "amd64": "x86_64",
        "aarch64": "arm64",
        "arm64": "arm64",
    }.get(platform.machine().lower())
    return "%s_%s" % (system, cpu)


def fetch_zig(cache):
    zig = pins()["ZIG"]
    host = machine()
    if host not in zig["sha256"]:
        raise Failure(
            "the hermetic compiler is pinned for %s, not for this machine (%s %s); use --config=host"
            % (", ".join(sorted(zig["sha256"])), platform.system(), platform.machine())
        )
    digest = zig["sha256"][host]
    final = os.path.join(cache, "zig-%s-%s" % (zig["version"], digest[:16]))
    if not os.path.isdir(final):
        os.makedirs(cache, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as work:
            settle(unpacked_wheel(zig, digest, work), final)
    return final


def pip():
    """A pip that works: that of a version manager's Python may be missing where the system has one."""
    for python in (sys.executable, "/usr/bin/python3", "python3"):
        try:
            run([python, "-m", "pip", "--version"])
            return [python, "-m", "pip"]
        except Failure:
            continue
    raise Failure("the hermetic compiler is fetched by pip: install python3-pip")


def unpacked_wheel(zig, digest, work):
    requirements = os.path.join(work, "requirements.txt")
    with open(requirements, "w", encoding="utf-8") as file:
        file.write("%s==%s --hash=sha256:%s\n" % (zig["package"], zig["version"], digest))
    what = "%s %s" % (zig["package"], zig["version"])
    print("fetching %s (100 MB, once for this user) ..." % what, file=sys.stderr)
    try:
        run(
            pip() + ["download", "--quiet", "--no-deps", "--no-cache-dir", "--only-binary=:all:"]
            + ["--require-hashes", "-r", requirements, "-d", work],
            env=dict(os.environ, PIP_REQUIRE_VIRTUALENV="0", PIP_DISABLE_PIP_VERSION_CHECK="1"),
        )
    except Failure as failure:
        raise Failure("pip cannot download %s: %s" % (what, failure))
    wheels = [name for name in os.listdir(work) if name.endswith(".whl")]
    if len(wheels) != 1 or sha256(os.path.join(work, wheels[0])) != digest:
        raise Failure("pip downloaded something else than %s with sha256 %s" % (what, digest))
    tree = os.path.join(work, "tree")
    with zipfile.ZipFile(os.path.join(work, wheels[0])) as wheel:
        wheel.extractall(tree)
    for name in ("zig", "zig.exe"):
        path = os.path.join(tree, "ziglang", name)
        if os.path.exists(path):
            os.chmod(path, 0o755)
    return tree


def fetch_archives(cache, names):
    archives = pins()["ARCHIVES"]
    folder = os.path.join(cache, "distdir")
    os.makedirs(folder, exist_ok=True)
    for name in names or sorted(archives):
        archive = archives[name]
        final = os.path.join(folder, archive["url"].rsplit("/", 1)[1])
        if not os.path.isfile(final):
            with tempfile.TemporaryDirectory(dir=folder, prefix="fetching-") as work:
                settle(fetched_archive(archive, work), final)
    return folder


def fetched_archive(archive, work):
    tried = []
    for route in (from_upstream, from_distribution):
        try:
            path = route(archive, work)
            if sha256(path) == archive["sha256"]:
                return path
            tried.append("%s has other bytes than the pinned sha256" % archive["url"])
        except Failure as failure:
            tried.append(str(failure))
    raise Failure("cannot fetch %s: %s" % (archive["url"], "; ".join(tried)))


def from_upstream(archive, work):
    path = os.path.join(work, "upstream")
    try:
        with urllib.request.urlopen(archive["url"], timeout=CONNECT_TIMEOUT_S) as answer:
            with open(path, "wb") as file:
                shutil.copyfileobj(answer, file)
    except (OSError, ValueError) as error:
        raise Failure("upstream: %s" % getattr(error, "reason", error))
    return path


def from_distribution(archive, work):
    """The same bytes out of a source package, through an apt configuration that touches no other."""
    package = archive["debian"]
    if not package or shutil.which("apt-get") is None:
        raise Failure("no source package of a distribution has it here")
    apt = private_apt(work)
    sources = os.path.join(work, "sources")
    os.mkdir(sources)
    run(apt + ["update"])
    run(apt + ["source", "--download-only", package], cwd=sources)
    for name in sorted(os.listdir(sources)):
        path = os.path.join(sources, name)
        if sha256(path) == archive["sha256"]:
            return path
    raise Failure("source package %s does not hold these bytes" % package)


def private_apt(work):
    """An apt-get with deb-src lines made of the machine's own deb lines, and state of its own."""
    lines = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)"]
        + ["Created-By: Packages"]
    )
    sources = []
    for line in lines.splitlines():
        fields = line.split("|")
        if len(fields) != 4:
            continue
        uri, release, component, signed_by = fields
        option = "[signed-by=%s] " % signed_by if signed_by.startswith("/") else ""
        sources.append("deb-src %s%s %s %s\n" % (option, uri, release, component))
    state = os.path.join(work, "apt")
    for folder in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(state, folder))
    with open(os.path.join(state, "sources.list"), "w", encoding="utf-8") as file:
        # Of one version in two places the first is taken, and the archive of security updates does not
        # keep all that it lists.
        file.writelines(sorted(set(sources), key=lambda line: ("-security" in line, line)))
    settings = {
        "Dir::Etc::sourcelist": os.path.join(state, "sources.list"),
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": os.path.join(state, "lists"),
        "Dir::Cache": os.path.join(state, "cache"),
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Acquire::Retries": "2",
    }
    command = ["apt-get", "-qq"]
    for key, value in settings.items():
        if value:
            command += ["-o", "%s=%s" % (key, value)]
    return command


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "zig":
        print(fetch_zig(os.path.abspath(arguments[1])))
    elif len(arguments) >= 2 and arguments[0] == "archives":
        print(fetch_archives(os.path.abspath(arguments[1]), arguments[2:]))
    else:
        raise Failure("usage: fetch.py zig CACHE | archives CACHE [NAME...]")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit("fetch.py: %s" % failure)
    except OSError as error:
        sys.exit("fetch.py: %s: %s" % (error.filename or "I/O", error.strerror or error))
    except KeyboardInterrupt:
        sys.exit("fetch.py: interrupted")
