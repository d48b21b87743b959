"""The table of legs.txt.

    legs.py list [usual|all]     the legs in their order
    legs.py fewest LEG           the fewest cases that must pass in it
    legs.py may-skip LEG         ends with 0 if it may be skipped
    legs.py raise LOG            rewrites the numbers to 95 % of what the output of a run says
"""

import os
import re
import sys

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "legs.txt")
ROW = re.compile(r"^(\w+) +(usual|all) +(\d+)( +may-skip)?$")
ENDED = re.compile(r"^=== (\w+): \d+ s: (\d+) passed, 0 failed, \d+ skipped$")


def read():
    with open(PATH, encoding="utf-8") as file:
        return file.read().splitlines()


def rows(lines):
    table = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        row = ROW.match(line)
        if not row or row.group(1) in table:
            raise ValueError("%s:%d: no row, or a second one: %s" % (PATH, number, line))
        table[row.group(1)] = row
    return table


def raised(lines, log):
    """The lines with higher numbers. A number is never lowered: that is for a person to decide."""
    passed = {m.group(1): int(m.group(2)) for m in map(ENDED.match, log) if m}
    table, result = rows(lines), []
    for line in lines:
        row = ROW.match(line)
        if row and table.get(row.group(1)) and passed.get(row.group(1), 0) > 0:
            fewest = max(int(row.group(3)), passed[row.group(1)] * 95 // 100, 1)
            line = "%-11s %-5s %4d%s" % (row.group(1), row.group(2), fewest, row.group(4) or "")
        result.append(line)
    return result


def main(arguments):
    word, rest = arguments[0], arguments[1:]
    lines = read()
    table = rows(lines)
    if word == "list":
        wanted = ("usual", "all") if rest == ["all"] else ("usual",)
        print("\n".join(name for name, row in table.items() if row.group(2) in wanted))
    elif word == "fewest":
        print(table[rest[0]].group(3))
    elif word == "may-skip":
        return 0 if table[rest[0]].group(4) else 1
    elif word == "raise":
        with open(rest[0], encoding="utf-8", errors="replace") as file:
            new = raised(lines, file.read().splitlines())
        with open(PATH, "w", encoding="utf-8") as file:
            file.write("\n".join(new) + "\n")
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (IndexError, KeyError, ValueError) as error:
        sys.exit("legs.py: %s" % error)
