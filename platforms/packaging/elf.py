"""Reads which symbols a 64-bit little-endian ELF shared library exports."""

import struct

DYNSYM = 11


def text_at(data, offset):
    return data[offset : data.index(b"\0", offset)].decode()


def exported(path):
    """The names of the dynamic symbols that are defined in the file."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("%s is no 64-bit little-endian ELF file" % path)
    (table,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * size) for i in range(count)]
    names = set()
    for section in sections:
        if section[1] != DYNSYM:
            continue
        offset, length, strings = section[4], section[5], sections[section[6]][4]
        for symbol in range(offset, offset + length, 24):
            name, _info, _other, where = struct.unpack_from("<IBBH", data, symbol)
            if name and where:
                names.add(text_at(data, strings + name))
    return names
