"""Runs every benchmark in shuffled rounds and writes what came of it.

    bazelw run -c opt //benchmarks:report -- [--out=FOLDER] [--seconds=N] [--filter=REGEX] [--update-readme]
    bazelw run -c opt //benchmarks:report_emulated -- ...    also of other systems, under their emulators

Each round runs each benchmark once, in a process of its own: the rows in random order, and the peers of
a row, in random order, one directly after the other. A ratio is taken within a round, and of the rounds'
ratios the middle one. FOLDER gets

    report.json   in Google Benchmark's format: each run, and of each benchmark the medians
    report.md     tables
    *.svg         latency distributions, cost against number of descriptors, instructions
    emulated_*.json   of each emulator; report.md has a table of it

--from-json=FILE takes the runs from an earlier report.json, and from the emulators' files beside it;
with :report_emulated, the emulators are asked anew.
"""

import argparse
import glob
import json
import os
import random
import re
import sys
import time

import emulated
import measure
import plots
from measure import OURS, PEERS, label
from results import TITLES, Results, duration, is_memory, table, title

MIN_TIME_S = 0.12
LEAST_ROUNDS = 3
MOST_ROUNDS = 15
MARK = "<!-- benchmarks: %s -->"

# By whether the benchmarks ran ahead of everything else.
PRIORITIES = {True: "real-time", False: "usual"}

# A lead that is smaller than what two runs of the same code differ by is none.
NOISE = 0.03


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
    ahead = not options.usual_priority and measure.may_run_ahead()
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
                result, context = measure.measured(binary, name, MIN_TIME_S, number > 0, ahead)
                results.add(result, dict(context, priority=PRIORITIES[ahead]), number)


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


def number(value):
    """Without digits that say nothing."""
    if value is None:
        return "–"
    return "%d" % round(value) if abs(value - round(value)) < 0.005 else "%.2f" % value


def time_table(results):
    raw = results.raw()
    peers = [peer for peer in results.peers() if peer != raw]
    rows = []
    for row in results.rows():
        if is_memory(row) or not results.of(row, raw):
            continue
        cells = [title(row), duration(results.time(row, raw))]
        for peer in peers:
            ratio = results.ratio(row, peer)
            cells.append("–" if ratio is None else ("**%.2f**" if peer == OURS else "%.2f") % ratio)
        rows.append(cells)
    return table(["time", label(raw)] + [label(peer) for peer in peers], rows)


# The rows of the README, as many as it has room for: the first of these that were measured.
COST_ROWS = (
    "poll_latency/100_of_1000",
    "waker/self",
    "registration/add_remove",
    "ping_pong/unix",
    "echo_server/100_64B",
    "timeout_accuracy/50us",
)
COST_COUNT = 5


def cost_rows(results):
    known = [row for row in COST_ROWS if results.of(row, OURS) and results.of(row, results.raw())]
    return known[:COST_COUNT]


def cost_table(results):
    """A few ratios, for readers who want to know roughly what the library costs."""
    peers = [peer for peer in results.peers() if peer not in (results.raw(), "raw_poll")]
    rows = []
    for row in cost_rows(results):
        ratios = [results.ratio(row, peer) for peer in peers]
        rows.append([title(row)] + ["–" if ratio is None else "%.2f" % ratio for ratio in ratios])
    return table(["time, as a ratio to %s" % label(results.raw())] + [label(peer) for peer in peers], rows)


def count_table(results):
    """Instructions, system calls and allocations of one step, as three numbers a cell."""
    rows = []
    peers = [peer for peer in results.peers() if not peer.endswith("_ms")]
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
    return table(head + [label(peer) for peer in peers], rows)


def memory_table(results):
    peers = [peer for peer in PEERS if any(is_memory(row) and results.of(row, peer) for row in results.rows())]
    rows = []
    for row in filter(is_memory, results.rows()):
        for name, what in (
            ("heap_bytes", "heap"),
            ("user_bytes", "kept by the user"),
            ("kernel_bytes", "kernel, about"),
        ):
            values = [results.counter(row, peer, name) for peer in peers]
            if any(value is not None for value in values):
                cells = ["%s: %s" % (title(row), what)]
                rows.append(cells + ["–" if v is None else "%.0f" % v for v in values])
    return table(["bytes a source"] + [label(peer) for peer in peers], rows)


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
                ahead.append("%s takes %.2f of our time" % (label(peer), theirs / ours))
        if ahead:
            yield "%s: %s" % (title(row), ", ".join(ahead))


def priority(results):
    if results.context.get("priority") == PRIORITIES[True]:
        return " at real-time priority (the timeouts: at the usual one)"
    return ""


def markdown(results):
    """The part that also goes into benchmarks/README.md."""
    lines = [
        "Measured on %s; %d rounds%s." % (results.machine(), results.rounds(), priority(results)),
        "Times of %s are absolute, all others are ratios to it; less is better." % label(results.raw()),
        "",
    ]
    lines += time_table(results)
    losses = list(lost(results))
    lines += ["", "Lost, where another one is ahead by more than %d %%:" % (100 * NOISE), ""]
    lines += ["- " + loss for loss in losses] or ["- nothing"]
    lines += [""] + count_table(results)
    if any(map(is_memory, results.rows())):
        lines += [""] + memory_table(results)
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


def put_between_marks(root, name, text):
    path = os.path.join(root, name)
    with open(path, encoding="utf-8") as file:
        document = file.read()
    begin, end = MARK % "begin", MARK % "end"
    if document.count(begin) != 1 or document.count(end) != 1:
        raise measure.Failure("%s lacks the two marks that the tables go between" % name)
    before, rest = document.split(begin)
    after = rest.split(end)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + "\n" + text + end + after)


def update_readme(results, text):
    """Writes the tables of benchmarks/README.md, and the short table and the picture of README.md."""
    root = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not root:
        raise measure.Failure("--update-readme is for `bazelw run`")
    put_between_marks(root, os.path.join("benchmarks", "README.md"), text)
    rows = cost_rows(results)
    if rows:
        picture = "\n![The same rows as bars](benchmarks/cost.svg)\n"
        put_between_marks(root, "README.md", "\n".join(cost_table(results)) + "\n" + picture)
        write(os.path.join(root, "benchmarks"), "cost.svg", plots.cost(results, rows, TITLES))


def emulated_runs(options):
    """Of each emulator what it was asked now, or else in the run that --from-json is of."""
    runs, missing = [], []
    for words in options.emulated:
        emulation = emulated.Emulation(*words)
        try:
            runs.append(emulated.run(emulation, options.filter))
        except measure.Failure as failure:
            missing.append("%s: not run, %s." % (emulation.system, failure))
    if options.from_json and not options.emulated:
        folder = os.path.dirname(measure.user_path(options.from_json))
        for path in sorted(glob.glob(os.path.join(folder, emulated.file_name("*")))):
            runs.append(emulated.load(path))
    return runs, missing


def parse(arguments):
    parser = argparse.ArgumentParser(prog="report")
    parser.add_argument("--binaries", nargs="+", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--emulated", nargs="+", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--mode", default="opt", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="report")
    parser.add_argument("--seconds", type=float, default=420, help="for the rounds")
    parser.add_argument("--filter", default="", help="only rows/peers that this is found in")
    parser.add_argument(
        "--usual-priority",
        action="store_true",
        help="do not run ahead of all else that the machine does, where this user may",
    )
    parser.add_argument("--update-readme", action="store_true")
    parser.add_argument("--from-json", help="take the runs from an earlier report.json")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    if options.mode != "opt":
        raise measure.Failure("these binaries are not optimised: bazelw run -c opt")
    results = Results()
    if options.from_json:
        read(measure.user_path(options.from_json), results)
    else:
        run_rounds(options.binaries, options, results)
        count_instructions(options.binaries, options, results)
    runs, missing = emulated_runs(options)
    folder = measure.user_path(options.out)
    os.makedirs(folder, exist_ok=True)
    context = dict(results.context, machine=results.machine())
    document = {"context": context, "benchmarks": results.runs + list(medians(results))}
    write(folder, "report.json", json.dumps(document, indent=1) + "\n")
    for run in runs:
        write(folder, emulated.file_name(run.name), json.dumps(emulated.document(run), indent=1) + "\n")
    text = "\n".join([markdown(results)] + [emulated.markdown(run) for run in runs] + missing)
    write(folder, "report.md", text)
    for name, picture in plots.all_of(results, TITLES):
        write(folder, name, picture)
    if options.update_readme:
        update_readme(results, text)
    if sys.stderr.isatty():
        measure.progress("")
    print(text)
    print("written to %s" % folder)


def read(path, results):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    for entry in document["benchmarks"]:
        if entry["run_type"] == "iteration":
            results.add(entry, document["context"], entry["repetition_index"])
        elif "instructions" in entry:
            results.instructions[measure.split(entry["run_name"])] = entry["instructions"]
    if results.instructions:
        results.why_no_instructions = None


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except measure.Failure as failure:
        sys.exit("report: %s" % failure)
    except KeyboardInterrupt:
        sys.exit("report: interrupted")
