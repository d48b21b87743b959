"""Benchmarks that were built for another system, run under its emulator.

What such a run takes says nothing of that system: the emulator and the machine below it take most of
it. What is left is how mio and the kernel's own calls compare where both go through the same emulator.
So the tables have ratios only, and the JSON of each emulator is a file of its own.
"""

import json
import os
import random
import re
import shutil
import subprocess

import measure
from measure import OURS, label
from results import Results, is_memory, table, title

MIN_TIME_S = 0.04
ROUNDS = 5

# Rows, or all of a question, that are not run, and why.
LEFT_OUT = [
    ("memory", "bytes are the same under an emulator"),
    ("timeout_accuracy", "it is the timers of this machine that end a wait"),
    ("waker/round_trip_spinning", "two threads that spin take the processors from the emulator itself"),
]
LEFT_OUT_OF = {
    "windows": [
        ("ping_pong/unix", "Wine has no Unix sockets"),
        ("poll_latency/100_of_1000", "to Wine each call on a socket is a message to another process"),
        ("chain/1000", "likewise"),
        ("chain/9900", "likewise"),
    ],
}


class Failed(measure.Failure):
    """An emulator that cannot be had, or does not do; the others may."""


class Emulation:
    """One system, the script that runs its programs, and the programs."""

    def __init__(self, name, system, emulators, script, *binaries):
        self.name = name  # also of its JSON file
        self.system = system
        self.emulators = emulators.split(",")  # any of these programs does
        self.under = ["sh"] + script.split()
        self.binaries = binaries

    def left_out(self):
        return LEFT_OUT + LEFT_OUT_OF.get(self.name, [])

    def version(self):
        """What the emulator calls itself."""
        for emulator in self.emulators:
            if shutil.which(emulator):
                said = subprocess.run([emulator, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                      universal_newlines=True, check=False).stdout  # fmt: skip
                return (said.splitlines() or [emulator])[0].split(" (")[0]
        raise Failed("there is no %s here" % self.emulators[0])


class Run:
    """What came of one emulation."""

    def __init__(self, name, system, emulator, left_out):
        self.name, self.system, self.emulator = name, system, emulator
        self.left_out = left_out  # pairs of row and reason
        self.results = Results()


def is_left_out(row, left_out):
    return any(row == out or row.startswith(out + "/") for out, _ in left_out)


def chosen(emulation, filter_):
    """Of each binary the names to run."""
    names = {}
    for binary in emulation.binaries:
        question = os.path.splitext(os.path.basename(binary))[0]
        if is_left_out(question, emulation.left_out()):
            continue
        for row, peer, name in measure.names(binary, emulation.under):
            if re.search(filter_, row + "/" + peer) and not is_left_out(row, emulation.left_out()):
                names.setdefault(binary, []).append(name)
    return names


def run(emulation, filter_):
    """Each binary once a round, all its rows in one process, which takes the emulator long to start."""
    version = emulation.version()
    done = Run(emulation.name, emulation.system, version, list(emulation.left_out()))
    unsupported = {}
    measure.progress("emulated: %s under %s" % (emulation.system, version))
    names = chosen(emulation, filter_)
    for number in range(ROUNDS):
        for binary in random.sample(sorted(names), len(names)):
            measure.progress("emulated: %s, round %d: %s" % (emulation.name, number + 1, os.path.basename(binary)))
            which = "^(%s)$" % "|".join(map(re.escape, names[binary]))
            found, context = measure.all_measured(binary, which, MIN_TIME_S, emulation.under)
            for result in found:
                if result.get("error_occurred"):
                    unsupported[measure.split(result["name"])[0]] = result["error_message"]
                else:
                    done.results.add(result, context, number)
    if not done.results.runs:
        raise Failed("no row is left of %s" % emulation.name)
    done.left_out += sorted(unsupported.items())
    return done


def markdown(run_):
    """The table, and what it is not."""
    results = run_.results
    raw = results.raw()
    peers = [peer for peer in results.peers() if peer != raw]
    rows = []
    for row in results.rows():
        if results.of(row, raw) and not is_memory(row):
            ratios = [results.ratio(row, peer) for peer in peers]
            cells = ["–" if ratio is None else "%.2f" % ratio for ratio in ratios]
            rows.append([title(row)] + ["**%s**" % c if p == OURS else c for p, c in zip(peers, cells)])
    out = ["%s (%s)" % (title(row), reason) for row, reason in run_.left_out]
    lines = [
        "**Emulated: %s under %s.** Ratios to %s within this emulator, %d rounds. What the emulator takes is"
        % (run_.system, run_.emulator, label(raw), results.rounds()),
        "in all of them: they say nothing of how long anything takes on that system, and no time of this run",
        "is to be compared with one of another table.",
        "",
    ]
    lines += table(["emulated: time to that of %s" % label(raw)] + [label(peer) for peer in peers], rows)
    lines += ["", "Not run: %s." % "; ".join(out)]
    return "\n".join(lines) + "\n"


def file_name(name):
    return "emulated_%s.json" % name


def document(run_):
    """In Google Benchmark's format; the context says that it was an emulator."""
    emulated = {
        "name": run_.name,
        "system": run_.system,
        "emulator": run_.emulator,
        "left_out": [list(pair) for pair in run_.left_out],
    }
    context = dict(run_.results.context, machine=measure.machine(), emulated=emulated)
    return {"context": context, "benchmarks": run_.results.runs}


def load(path):
    with open(path, encoding="utf-8") as file:
        saved = json.load(file)
    emulated = saved["context"]["emulated"]
    left_out = [tuple(pair) for pair in emulated["left_out"]]
    run_ = Run(emulated["name"], emulated["system"], emulated["emulator"], left_out)
    for result in saved["benchmarks"]:
        run_.results.add(result, saved["context"], result["repetition_index"])
    return run_
