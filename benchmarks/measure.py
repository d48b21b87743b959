"""Runs the benchmarks and reads what they say: for report.py, ci.py and budget_test.py.

A benchmark is named QUESTION/ROW/PEER; a row is what all its peers do alike. Of each there is a dict as
Google Benchmark writes it: "name", "real_time" in nanoseconds, and counters.
"""

import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

# The kernel's own calls, which a system has one of or none: what all times are compared with.
RAWS = ["raw_epoll", "raw_kqueue", "raw_afd"]
RAW = "raw_epoll"  # on Linux
OURS = "mio"
PEERS = RAWS + [OURS, "libuv", "libevent", "libev", "raw_poll", "raw_epoll_ms", "raw_afd_ms"]

LABELS = {
    "raw_epoll": "raw epoll",
    "raw_kqueue": "raw kqueue",
    "raw_afd": "raw AFD",
    "raw_poll": "poll(2)",
    "raw_epoll_ms": "raw, in ms",
    "raw_afd_ms": "raw, in ms",
}

# What several threads do together takes another course each time.
VARYING = re.compile(r"^(waker/round_trip|registration/other_thread|ping_pong/tcp|scale/)")

# What hangs on the timer slack of a thread, of which real-time ones have none.
SLACK = re.compile(r"^timeout_accuracy/")

LIMIT_S = 120
STEPS = 200


class Failure(Exception):
    """Something to tell the user in one line."""


class Uncountable(Failure):
    """Instructions cannot be counted in these binaries."""


def split(name):
    """Row and peer, without what Google Benchmark adds to a name."""
    parts = [part for part in name.split("/") if part != "real_time" and ":" not in part]
    return "/".join(parts[:-1]), parts[-1]


def label(peer):
    """A peer as people read it."""
    return LABELS.get(peer, peer)


def raw_of(peers):
    """Which of them is the kernel's own calls; None if it is not there."""
    return next((peer for peer in RAWS if peer in peers), None)


def run_ahead():
    """Lets the process that is about to begin run ahead of all else that the machine does."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def may_run_ahead():
    """Whether this user may do that, on this system."""
    if not hasattr(os, "SCHED_FIFO"):
        return False
    try:
        subprocess.run(["true"], preexec_fn=run_ahead, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def run(command, ahead=False, **environment):
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=LIMIT_S,
            check=True,
            env=dict(os.environ, **environment),
            preexec_fn=run_ahead if ahead else None,
        ).stdout
    except subprocess.TimeoutExpired:
        raise Failure("%s took over %d s" % (os.path.basename(command[0]), LIMIT_S))
    except subprocess.CalledProcessError as error:
        text = (error.stderr.strip().splitlines() or ["no output"])[-1]
        raise Failure("%s: status %d: %s" % (" ".join(command)[:200], error.returncode, text))


def names(binary, under=()):
    """The benchmarks in a binary: (row, peer, the name as its filter wants it). `under`: what starts it."""
    out = run(list(under) + [binary, "--benchmark_list_tests=true"])
    return [split(line) + (line,) for line in out.split() if "/" in line]


def measured(binary, name, seconds, only_time=False, ahead=False):
    """One benchmark's result in a process of its own, and the context that came with it. `ahead`: at
    real-time priority, unless its time is another one there."""
    environment = {"MIO_BENCH_ONLY_TIME": "1"} if only_time else {}
    command = [binary, "--benchmark_format=json", "--benchmark_min_time=%g" % seconds]
    command.append("--benchmark_filter=^%s$" % re.escape(name))
    out = run(command, ahead=ahead and not SLACK.match(name), **environment)
    answer = json.loads(out)
    for result in answer["benchmarks"]:
        return result, answer["context"]
    raise Failure("%s did not run" % name)


def all_measured(binary, filter_, seconds, under):
    """All results of one process for what the filter leaves, and their context."""
    command = list(under) + [binary, "--benchmark_format=json", "--benchmark_min_time=%g" % seconds]
    answer = json.loads(run(command + ["--benchmark_filter=" + filter_], MIO_BENCH_ONLY_TIME="1"))
    return answer["benchmarks"], answer["context"]


def why_no_instructions():
    """None where instructions can be counted."""
    return None if shutil.which("valgrind") else "there is no valgrind here"


def instructions(binary):
    """User instructions of one step, by (row, peer): the difference of 2n and n steps by callgrind."""
    with tempfile.TemporaryDirectory() as folder:
        out = run(
            ["valgrind", "--tool=callgrind", "--dump-before=MioBenchMark", "--quiet"]
            + ["--callgrind-out-file=%s/out" % folder, binary, "--count_instructions=%d" % STEPS]
        )
        parts = sorted(glob.glob(folder + "/out.*"), key=lambda path: int(path.rsplit(".", 1)[1]))
        totals = [total(path) for path in parts]
    counted = [split(line.split()[0]) for line in out.splitlines()]
    if counted and not totals:
        raise Uncountable("callgrind does not find MioBenchMark: the binary has no symbols")
    if len(totals) < 3 * len(counted):
        raise Failure("callgrind wrote %d parts for %d benchmarks" % (len(totals), len(counted)))
    # Of each three parts: what came before, n steps, 2n steps.
    return {
        key: (totals[3 * i + 2] - totals[3 * i + 1]) / STEPS for i, key in enumerate(counted)
    }


def total(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("totals:", "summary:")):
                return int(line.split()[1])
    raise Failure("callgrind wrote no totals")


def typical(result):
    """The time that says most: of many samples the middle one, else the mean."""
    return result.get("p50_ns", result["real_time"])


def median(values):
    return statistics.median(values) if values else None


def machine():
    """The processor, how many of them, and the kernel."""
    cpu = os.uname().machine
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            models = re.findall(r"(?m)^model name\s*: (.*)$", file.read())
        if models:
            cpu = "%d x %s" % (len(models), models[0].strip())
    except OSError:
        pass
    kernel = os.uname()
    return "%s, %s %s" % (cpu, kernel.sysname, kernel.release)


def user_path(path):
    """A path as whoever typed it meant it: `bazel run` starts elsewhere."""
    return os.path.join(os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd()), path)


def progress(text):
    if sys.stderr.isatty():
        print("\r\033[K" + text, end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
