"""Compiler flags of our own targets. They change what is warned about and which symbols are exported, not what the code means."""

_GNU_C = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wpointer-arith",
    "-Wcast-qual",
    "-Wwrite-strings",
    "-Wundef",
    "-Wvla",
    # MIO_API (mio/export.h) says what a shared library exports; it exports nothing else.
    "-fvisibility=hidden",
]

_GNU_CXX = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    # Google Benchmark counts with __COUNTER__ in its macros; older compilers know no such warning.
    "-Wno-unknown-warning-option",
    "-Wno-c2y-extensions",
]

_MSVC = ["/W4"]

def _copts(gnu, msvc_cl, clang_cl):
    return select({
        "//platforms:msvc_cl": msvc_cl,
        "//platforms:clang_cl": clang_cl,
        "//conditions:default": gnu,
    }) + select({
        "//platforms:msvc_strict": ["/WX"],
        "//platforms:gnu_strict": ["-Werror"],
        "//conditions:default": [],
    })

# MSVC takes C11 as a flag, and its atomics as another one, without which its <stdatomic.h> stops the build. It
# has both from 17.5 of Visual Studio 2022 on. clang-cl takes the first and has the second anyway. The others are
# told by their toolchain, or compile gnu17, which contains C11.
MIO_C_COPTS = _copts(
    _GNU_C,
    _MSVC + [
        "/std:c11",
        "/experimental:c11atomics",
    ],
    _MSVC + ["/std:c11"],
)
MIO_CXX_COPTS = _copts(
    _GNU_CXX,
    _MSVC + ["/std:c++17"],
    _MSVC + ["/std:c++17"],
)
