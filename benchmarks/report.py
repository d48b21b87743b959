"""Runs every benchmark in shuffled rounds and writes what came of it.

    bazelw run -c opt //benchmarks:report -- [--out=FOLDER] [--seconds=N] [--filter=REGEX] [--update-readme]

Each round runs each benchmark once, in a process of its own: the rows in random order, and the peers of
a row, in random order, one directly after the other. A ratio is taken within a round, and of the rounds'
ratios the middle one. FOLDER gets

    report.json   in Google Benchmark's format: each run, and of each benchmark the medians
    report.md     tables
    *.svg         latency distributions, cost against number of descriptors, instructions
"""

import argparse
import json
import os
import random
import re
import sys
import time

import measure
import plots
from measure import OURS, PEERS, RAW

MIN_TIME_S = 0.12
LEAST_ROUNDS = 3
MOST_ROUNDS = 15
MARK = "<!-- benchmarks: %s -->"

# A lead that is smaller than what two runs of the same code differ by is none.
NOISE = 0.03

TITLES = {
    "poll_latency/idle": "wait(0), nothing ready",
    "poll_latency/one_ready": "wait(0), one ready",
    "poll_latency/100_of_1000": "wait(0), 100 of 1,000 ready",
    "waker/self": "wake from the loop's own thread, and wait",
    "waker/again": "wake once more before the loop ran",
    "waker/round_trip": "wake a thread and be woken (median)",
    "waker/round_trip_spinning": "the same, both spinning (median)",
    "registration/add_remove": "register and deregister",
    "registration/change": "reregister",
    "registration/other_thread": "register and deregister while another thread waits",
    "ping_pong/unix": "a byte there and back, Unix pair (median)",
    "ping_pong/tcp": "a byte there and back, TCP, two threads (median)",
    "chain/100": "chain of 100 pipes",
    "chain/100_calls": "the same with mio's own pipe calls",
    "chain/1000": "chain of 1,000 pipes",
    "chain/9900": "chain of 9,900 pipes",
    "timeout_accuracy/50us": "50 µs timeout, actual (median)",
    "timeout_accuracy/1ms": "1 ms timeout, actual (median)",
    "timeout_accuracy/10ms": "10 ms timeout, actual (median)",
    "accept/tcp": "connect, accept, close",
    "memory/100": "100 sources",
    "memory/15000": "15,000 sources",
}


class Results:
    """What was measured: times by round, counters, instructions."""

    def __init__(self):
        self.runs = []  # Google Benchmark's own, with the round in "repetition_index"
        self.context = {}
        self.instructions = {}
        self.why_no_instructions = measure.why_no_instructions()

    def add(self, result, context, number):
        self.context = self.context or context
        result["repetition_index"] = number
        self.runs.append(result)

    def of(self, row, peer):
        return [run for run in self.runs if measure.split(run["name"]) == (row, peer)]

    def rows(self):
        known = {measure.split(run["name"])[0] for run in self.runs}
        return [row for row in TITLES if row in known] + sorted(known - set(TITLES))

    def peers(self, row):
        known = {peer for r, peer in (measure.split(run["name"]) for run in self.runs) if r == row}
        return [peer for peer in PEERS if peer in known]

    def time(self, row, peer):
        return measure.median([measure.typical(run) for run in self.of(row, peer)])

    def counter(self, row, peer, name):
        return measure.median([run[name] for run in self.of(row, peer) if name in run])

    def ratio(self, row, peer):
        """The median over the rounds of this peer's time to the kernel's own calls'."""
        base = {run["repetition_index"]: measure.typical(run) for run in self.of(row, RAW)}
        return measure.median(
            [
                measure.typical(run) / base[run["repetition_index"]]
                for run in self.of(row, peer)
                if base.get(run["repetition_index"])
            ]
        )


def run_rounds(binaries, options, results):
    rows = {}
    for binary in binaries:
        for row, peer, name in measure.names(binary):
            if re.search(options.filter, row + "/" + peer):
                rows.setdefault(row, []).append((binary, name))
    if not rows:
        raise measure.Failure("--filter leaves nothing to run")
    begin = time.monotonic()
    count = sum(map(len, rows.values()))
    for number in range(MOST_ROUNDS):
        spent = time.monotonic() - begin
        if number >= LEAST_ROUNDS and spent * (number + 1) / number > options.seconds:
            break
        done = 0
        for row in random.sample(sorted(rows), len(rows)):
            for binary, name in random.sample(rows[row], len(rows[row])):
                done += 1
                if sys.stderr.isatty() or done == 1:
                    measure.progress("round %d, %d of %d: %s" % (number + 1, done, count, name))
                results.add(*measure.measured(binary, name, MIN_TIME_S, number > 0), number)


def count_instructions(binaries, options, results):
    if results.why_no_instructions:
        return
    for binary in binaries:
        question = os.path.basename(binary)
        if not any(row.startswith(question + "/") for row in results.rows()):
            continue
        measure.progress("instructions: %s" % question)
        try:
            counted = measure.instructions(binary)
        except measure.Uncountable as uncountable:
            results.why_no_instructions = str(uncountable)
            return
        for key, value in counted.items():
            if re.search(options.filter, "/".join(key)):
                results.instructions[key] = value


def duration(ns):
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return "%.3g %s" % (ns / size, unit)
    return "%.3g ns" % ns


def number(value):
    """Without digits that say nothing."""
    if value is None:
        return "–"
    return "%d" % round(value) if abs(value - round(value)) < 0.005 else "%.2f" % value


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def title(row):
    return TITLES.get(row, row)


def is_memory(row):
    return row.startswith("memory/")


def time_table(results):
    peers = [peer for peer in PEERS if peer != RAW]
    rows = []
    for row in results.rows():
        if is_memory(row) or not results.of(row, RAW):
            continue
        cells = [title(row), duration(results.time(row, RAW))]
        for peer in peers:
            ratio = results.ratio(row, peer)
            cells.append("–" if ratio is None else ("**%.2f**" if peer == OURS else "%.2f") % ratio)
        rows.append(cells)
    head = ["time", "raw epoll"] + ["poll(2)" if p == "raw_poll" else p for p in peers]
    head = ["raw, in ms" if cell == "raw_epoll_ms" else cell for cell in head]
    return table(head, rows)


def count_table(results):
    """Instructions, system calls and allocations of one step, as three numbers a cell."""
    rows = []
    peers = [peer for peer in PEERS if not peer.endswith("_ms")]
    for row in results.rows():
        if is_memory(row) or row.startswith("timeout"):
            continue
        cells = [title(row).replace(" (median)", "")]
        for peer in peers:
            if not results.of(row, peer):
                cells.append("–")
                continue
            counts = (
                results.instructions.get((row, peer)),
                results.counter(row, peer, "syscalls"),
                results.counter(row, peer, "allocs"),
            )
            cells.append(" / ".join(map(number, counts)))
        rows.append(cells)
    head = ["instructions / system calls / allocations"]
    return table(head + ["poll(2)" if p == "raw_poll" else p.replace("_", " ") for p in peers], rows)


def memory_table(results):
    rows = []
    for row in filter(is_memory, results.rows()):
        for name, what in (
            ("heap_bytes", "heap"),
            ("user_bytes", "kept by the user"),
            ("kernel_bytes", "kernel, about"),
        ):
            values = [results.counter(row, peer, name) for peer in PEERS[:5]]
            if any(value is not None for value in values):
                cells = ["%s: %s" % (title(row), what)]
                rows.append(cells + ["–" if v is None else "%.0f" % v for v in values])
    return table(["bytes a source"] + [peer.replace("_", " ") for peer in PEERS[:5]], rows)


def lost(results):
    """The rows where somebody who does the same work is ahead, in words."""
    for row in results.rows():
        if is_memory(row) or not results.of(row, OURS):
            continue
        ours = results.ratio(row, OURS) or results.time(row, OURS)
        ahead = []
        for peer in results.peers(row):
            theirs = results.ratio(row, peer) or results.time(row, peer)
            if peer != OURS and theirs * (1 + NOISE) < ours:
                ahead.append("%s takes %.2f of our time" % (peer.replace("_", " "), theirs / ours))
        if ahead:
            yield "%s: %s" % (title(row), ", ".join(ahead))


def rounds(results):
    return 1 + max(run["repetition_index"] for run in results.runs)


def markdown(results):
    """What also goes into the README."""
    lines = [
        "Measured on %s; %d rounds." % (measure.machine(), rounds(results)),
        "Times of raw epoll are absolute, all others are ratios to it; less is better.",
        "",
    ]
    lines += time_table(results)
    losses = list(lost(results))
    lines += ["", "Lost, where another one is ahead by more than %d %%:" % (100 * NOISE), ""]
    lines += ["- " + loss for loss in losses] or ["- nothing"]
    lines += [""] + count_table(results) + [""] + memory_table(results)
    if results.why_no_instructions:
        lines += ["", "Instructions were not counted: %s." % results.why_no_instructions]
    return "\n".join(lines) + "\n"


def medians(results):
    """One entry a benchmark, as Google Benchmark has its aggregates."""
    for row in results.rows():
        for peer in results.peers(row):
            runs = results.of(row, peer)
            entry = {
                "name": "%s/%s_median" % (row, peer),
                "run_name": "%s/%s" % (row, peer),
                "run_type": "aggregate",
                "aggregate_name": "median",
                "time_unit": "ns",
                "iterations": len(runs),
            }
            keys = [k for k, v in runs[0].items() if isinstance(v, (int, float)) and k not in entry]
            for key in keys:
                if not key.endswith("_index") and key not in ("repetitions", "threads"):
                    entry[key] = measure.median([run[key] for run in runs if key in run])
            if (row, peer) in results.instructions:
                entry["instructions"] = results.instructions[row, peer]
            ratio = results.ratio(row, peer)
            if ratio is not None:
                entry["ratio_to_raw"] = ratio
            yield entry


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def update_readme(text):
    root = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not root:
        raise measure.Failure("--update-readme is for `bazelw run`")
    path = os.path.join(root, "README.md")
    with open(path, encoding="utf-8") as file:
        readme = file.read()
    begin, end = MARK % "begin", MARK % "end"
    if readme.count(begin) != 1 or readme.count(end) != 1:
        raise measure.Failure("README.md has not the two marks that the tables go between")
    before, rest = readme.split(begin)
    after = rest.split(end)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + "\n" + text + end + after)


def main(arguments):
    parser = argparse.ArgumentParser(prog="report")
    parser.add_argument("--binaries", nargs="+", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--mode", default="opt", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="report")
    parser.add_argument("--seconds", type=float, default=420, help="for the rounds")
    parser.add_argument("--filter", default="", help="only rows/peers that this is found in")
    parser.add_argument("--update-readme", action="store_true")
    parser.add_argument("--from-json", help="write the tables and pictures of an earlier run again")
    options = parser.parse_args(arguments)
    if options.mode != "opt":
        raise measure.Failure("these binaries are not optimised: bazelw run -c opt")
    results = Results()
    if options.from_json:
        read(measure.user_path(options.from_json), results)
    else:
        run_rounds(options.binaries, options, results)
        count_instructions(options.binaries, options, results)
    folder = measure.user_path(options.out)
    os.makedirs(folder, exist_ok=True)
    context = dict(results.context, machine=measure.machine())
    document = {"context": context, "benchmarks": results.runs + list(medians(results))}
    write(folder, "report.json", json.dumps(document, indent=1) + "\n")
    text = markdown(results)
    write(folder, "report.md", text)
    for name, picture in plots.all_of(results, TITLES):
        write(folder, name, picture)
    if options.update_readme:
        update_readme(text)
    if sys.stderr.isatty():
        measure.progress("")
    print(text)
    print("written to %s" % folder)


def read(path, results):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    results.context = document["context"]
    for entry in document["benchmarks"]:
        if entry["run_type"] == "iteration":
            results.runs.append(entry)
        elif "instructions" in entry:
            results.instructions[measure.split(entry["run_name"])] = entry["instructions"]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except measure.Failure as failure:
        sys.exit("report: %s" % failure)
    except KeyboardInterrupt:
        sys.exit("report: interrupted")
