"""Compares what repeats with a saved run, and fails where it got worse.

    bazelw run -c opt //benchmarks:ci -- --baseline=FILE [--update] [--fail-on-time=FACTOR] [--seconds=N]

What repeats: user instructions (where there is valgrind), system calls, allocations and bytes of each
operation of mio. Times are compared as ratios to the kernel's own calls, and only told, unless
--fail-on-time says from which factor on they count. FILE is in Google Benchmark's format. The exit
status is 0 if nothing got worse, 1 if something did, 2 if nothing could be compared.
"""

import argparse
import json
import os
import sys

import measure
from measure import OURS, RAWS

# How much more of it is a regression: a share, and a number below which nothing is.
TOLERANCE = {
    "instructions": (0.01, 0.5),
    "syscalls": (0.0, 0.02),
    "allocs": (0.0, 0.001),
    "heap_bytes": (0.01, 0.1),
    "user_bytes": (0.0, 0.0),
}
ROUNDS = 3


def counts(binaries):
    """Of each row of ours: what repeats."""
    found = {}
    why_not = measure.why_no_instructions()
    for binary in binaries:
        measure.progress("counting: %s" % os.path.basename(binary))
        for row, peer, name in measure.names(binary):
            if peer != OURS:
                continue
            entry = found.setdefault(row, {})
            result, _ = measure.measured(binary, name, 0.000001)
            for key in ("syscalls", "allocs", "heap_bytes", "user_bytes"):
                # What threads do together differs, and so does what set-up asks of the heap.
                varies = measure.VARYING.match(row) and key == "syscalls"
                if key in result and not varies and not (key == "allocs" and row.startswith("memory/")):
                    entry[key] = result[key]
        if not why_not:
            try:
                counted = measure.instructions(binary)
            except measure.Uncountable as uncountable:
                why_not, counted = str(uncountable), {}
            for (row, peer), value in counted.items():
                if peer == OURS:
                    found[row]["instructions"] = value
    return found, why_not


def time_ratios(binaries, seconds):
    """Of each row that the kernel's own calls have too: the median ratio to them."""
    ratios = {}
    ahead = measure.may_run_ahead()
    for number in range(ROUNDS):
        for binary in binaries:
            if number == 0:
                measure.progress("timing: %s" % os.path.basename(binary))
            by_row = {}
            for row, peer, name in measure.names(binary):
                if peer == OURS or peer in RAWS:
                    by_row.setdefault(row, {})[peer] = name
            for row, pair in by_row.items():
                if len(pair) == 2 and not row.startswith("memory/"):
                    times = {
                        peer: measure.typical(measure.measured(binary, name, seconds, True, ahead)[0])
                        for peer, name in pair.items()
                    }
                    raw = measure.raw_of(times)
                    ratios.setdefault(row, []).append(times[OURS] / times[raw])
    return {row: measure.median(values) for row, values in ratios.items()}


def compare(now, before, fail_on_time):
    """Lines to print, and how many of them are regressions, and how many values were compared."""
    lines, regressions, compared = [], 0, 0
    for row in sorted(set(now) | set(before)):
        new, old = now.get(row, {}), before.get(row, {})
        for key in sorted(set(old) & set(TOLERANCE)):
            if key not in new:
                lines.append("not counted  %s %s (was %g)" % (row, key, old[key]))
                continue
            compared += 1
            share, least = TOLERANCE[key]
            if new[key] > old[key] * (1 + share) + least:
                regressions += 1
                lines.append("WORSE        %s %s: %g, was %g" % (row, key, new[key], old[key]))
            elif new[key] < old[key] * (1 - share) - least:
                lines.append("better       %s %s: %g, was %g" % (row, key, new[key], old[key]))
        if "ratio_to_raw" in new:
            was = old.get("ratio_to_raw")
            text = "%s time: %.2f of raw" % (row, new["ratio_to_raw"])
            if was:
                text += ", was %.2f" % was
            worse = bool(was and fail_on_time and new["ratio_to_raw"] > was * fail_on_time)
            regressions += worse
            lines.append(("WORSE        " if worse else "             ") + text)
    return lines, regressions, compared


def load(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    return {
        measure.split(entry["name"])[0]: entry
        for entry in document["benchmarks"]
        if measure.split(entry["name"])[1] == OURS
    }


def save(path, found):
    entries = []
    for row in sorted(found):
        name = "%s/%s" % (row, OURS)
        entry = {"name": name, "run_name": name, "run_type": "iteration", "time_unit": "ns"}
        entry.update({key: round(value, 4) for key, value in sorted(found[row].items())})
        entries.append(entry)
    context = {"machine": measure.machine()}
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps({"context": context, "benchmarks": entries}, indent=1) + "\n")


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci")
    parser.add_argument("--binaries", nargs="+", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--mode", default="opt", help=argparse.SUPPRESS)
    parser.add_argument("--baseline", required=True)
    parser.add_argument("--update", action="store_true", help="write the baseline instead")
    parser.add_argument("--fail-on-time", type=float, default=0, metavar="FACTOR")
    parser.add_argument("--seconds", type=float, default=0.05, help="for each timing")
    options = parser.parse_args(arguments)
    if options.mode != "opt":
        raise measure.Failure("these binaries are not optimised: bazelw run -c opt")
    path = measure.user_path(options.baseline)
    before = {} if options.update else load(path)
    found, why_not = counts(options.binaries)
    for row, ratio in time_ratios(options.binaries, options.seconds).items():
        found[row]["ratio_to_raw"] = ratio
    if sys.stderr.isatty():
        measure.progress("")
    if options.update:
        save(path, found)
        print("written to %s" % path)
        return 0
    lines, regressions, compared = compare(found, before, options.fail_on_time)
    print("\n".join(lines))
    if why_not:
        print("instructions were not counted: %s" % why_not)
    print("%d compared, %d worse" % (compared, regressions))
    return 1 if regressions else 0 if compared else 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (measure.Failure, OSError, ValueError) as failure:
        print("ci: %s" % failure, file=sys.stderr)
        sys.exit(2)
