#!/usr/bin/env python3
"""Which functions of Android's C library do objects use, and are they old enough?

    symbols.py LEVELS LEVEL FORBIDDEN ARCHIVE...

prints one line for each symbol that no archive defines and that LEVELS does not have at LEVEL or
before, or that is FORBIDDEN (a comma-separated list, or -), and answers 3 if there was any. LEVELS has
lines of a symbol, a tab and the API level that brought it.

The objects are compiled against another C library's headers, some of which give functions other
names; OTHER_NAMES undoes that.
"""

import re
import struct
import sys

FOUND = 3
AR_MAGIC = b"!<arch>\n"
SYMTAB = 2
UNDEFINED = 0

# musl's name: bionic's.
OTHER_NAMES = {
    "__errno_location": "__errno",
    "_pthread_cleanup_pop": "__pthread_cleanup_pop",
    "_pthread_cleanup_push": "__pthread_cleanup_push",
}
# musl on 32-bit systems: what takes a time with 64 bits.
TIME64 = re.compile(r"^__(\w+?)(?:_time64|64)$")
# Not of the C library: the compiler's own, of which every toolchain brings its own. __aarch64_...: its
# atomics, which an NDK's choose at run time.
COMPILER = re.compile(
    r"^(_GLOBAL_OFFSET_TABLE_|__aeabi_\w+|__u?(div|mod)[dst]i3|__(ashl|ashr|lshr)di3"
    r"|__aarch64_(cas|swp|ldadd|ldclr|ldeor|ldset)\d+_\w+"
    r"|__(asan|tsan|ubsan|sanitizer|sancov)_\w+)$"
)


def members(data):
    """The contents of the members of an archive."""
    if not data.startswith(AR_MAGIC):
        raise ValueError("not an archive")
    offset = len(AR_MAGIC)
    while offset + 60 <= len(data):
        name, size = data[offset : offset + 16], int(data[offset + 48 : offset + 58])
        body = data[offset + 60 : offset + 60 + size]
        # "/17" is the place of a long name; these are the tables of the archive itself.
        if name.strip() not in (b"/", b"//", b"/SYM64/"):
            yield body
        offset += 60 + size + size % 2


def symbols(elf):
    """Pairs of a global symbol's name and whether it is defined, of a little-endian object."""
    if elf[:4] != b"\x7fELF" or elf[5] != 1:
        raise ValueError("not a little-endian ELF object")
    wide = elf[4] == 2
    table, entry, count = (
        struct.unpack_from("<Q", elf, 40) + struct.unpack_from("<HH", elf, 58)
        if wide
        else struct.unpack_from("<I", elf, 32) + struct.unpack_from("<HH", elf, 46)
    )

    def section(index):
        """The type, offset, size and link of a section."""
        at = table + index * entry
        kind = struct.unpack_from("<I", elf, at + 4)[0]
        if wide:
            return (kind,) + struct.unpack_from("<QQI", elf, at + 24)
        return (kind,) + struct.unpack_from("<III", elf, at + 16)

    for index in range(count):
        kind, offset, size, link = section(index)
        if kind != SYMTAB:
            continue
        names = section(link)[1]
        for at in range(offset, offset + size, 24 if wide else 16):
            name = struct.unpack_from("<I", elf, at)[0]
            info = elf[at + (4 if wide else 12)]
            where = struct.unpack_from("<H", elf, at + (6 if wide else 14))[0]
            if info >> 4:  # a global or weak one
                end = elf.index(b"\0", names + name)
                yield elf[names + name : end].decode(), where != UNDEFINED


def used(archives):
    """What the archives need and none of them has, by bionic's names."""
    defined, needed = set(), set()
    for path in archives:
        with open(path, "rb") as file:
            for member in members(file.read()):
                for name, is_defined in symbols(member):
                    (defined if is_defined else needed).add(name)
    return {bionic(name) for name in needed - defined if name and not COMPILER.match(name)}


def bionic(name):
    time64 = TIME64.match(name)
    return OTHER_NAMES.get(name, time64.group(1) if time64 else name)


def read_levels(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {line[0]: int(line[1]) for line in lines}


def findings(levels, level, forbidden, names):
    for name in sorted(names):
        if name in forbidden:
            yield "%s must not be called here" % name
        elif name not in levels:
            yield "%s: not in the list" % name
        elif levels[name] > level:
            yield "%s came with API level %d" % (name, levels[name])


def main(arguments):
    levels, level, forbidden, archives = (
        read_levels(arguments[1]),
        int(arguments[2]),
        set(arguments[3].split(",")),
        arguments[4:],
    )
    names = used(archives)
    if not names:
        sys.exit("symbols.py: the archives use no symbol: that can't be")
    found = list(findings(levels, level, forbidden, names))
    print("\n".join(found) if found else "%d symbols, all of API level %d" % (len(names), level))
    return FOUND if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
