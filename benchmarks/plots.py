"""The report's pictures, as SVG made of plain text."""

import math

from measure import OURS, PEERS, label

# Told apart by those who do not see red and green too (the palette of Okabe and Ito), and by their dashes
# where lines lie on each other.
COLORS = {
    "mio": "#d55e00",
    "raw_epoll": "#222222",
    "raw_kqueue": "#222222",
    "raw_afd": "#222222",
    "libuv": "#0072b2",
    "libevent": "#009e73",
    "libev": "#cc79a7",
    "raw_poll": "#b8860b",
}
DASHES = {
    "raw_epoll": "7 4",
    "raw_kqueue": "7 4",
    "raw_afd": "7 4",
    "libevent": "10 3 2 3",
    "libev": "3 3",
    "raw_poll": "12 4",
}
FONT = "font-family='Helvetica, Arial, sans-serif'"
WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 90, 140, 64, 60

PERCENTILES = [
    ("p1_ns", 0.01), ("p10_ns", 0.1), ("p25_ns", 0.25), ("p50_ns", 0.5), ("p75_ns", 0.75),
    ("p90_ns", 0.9), ("p95_ns", 0.95), ("p99_ns", 0.99), ("p99_5_ns", 0.995), ("p99_9_ns", 0.999),
]  # fmt: skip


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def duration(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size * 0.9999:
            return "%g %s" % (ns / size, unit)
    return "%g ns" % ns


class Picture:
    """A frame with a title, to draw in with coordinates of the data, which may be logarithmic."""

    def __init__(self, title, about, x_title, y_title, width=WIDTH, height=HEIGHT):
        self.width, self.height = width, height
        self.parts = [
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d'>"
            % (width, height, width, height),
            "<rect width='100%' height='100%' fill='white'/>",
        ]
        self.text(width / 2, 26, title, size=17, anchor="middle")
        self.text(width / 2, 45, about, size=11, anchor="middle", color="#666666")
        if x_title:
            self.text((LEFT + width - RIGHT) / 2, height - 14, x_title, anchor="middle")
        if y_title:
            self.text(20, (TOP + height - BOTTOM) / 2, y_title, anchor="middle", turn=-90)

    def text(self, x, y, text, size=13, anchor="start", color="#222222", turn=0):
        turned = " transform='rotate(%d %.1f %.1f)'" % (turn, x, y) if turn else ""
        self.parts.append(
            "<text x='%.1f' y='%.1f' font-size='%d' text-anchor='%s' fill='%s' %s%s>%s</text>"
            % (x, y, size, anchor, color, FONT, turned, escape(text))
        )

    def line(self, points, color, width=1.0, dash=""):
        self.parts.append(
            "<polyline points='%s' fill='none' stroke='%s' stroke-width='%.1f'%s/>"
            % (
                " ".join("%.1f,%.1f" % point for point in points),
                color,
                width,
                " stroke-dasharray='%s'" % dash if dash else "",
            )
        )

    def dot(self, point, color):
        self.parts.append("<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>" % (*point, color))

    def box(self, x, y, width, height, color):
        self.parts.append(
            "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>"
            % (x, y, width, height, color)
        )

    def curve(self, peer, points):
        ours = peer == OURS
        self.line(points, COLORS[peer], 2.6 if ours else 1.6, DASHES.get(peer, ""))
        for point in points:
            self.dot(point, COLORS[peer])

    def legend(self, peers, lines=True):
        left = self.width - RIGHT + 14
        for index, peer in enumerate(peers):
            y = TOP + 10 + 22 * index
            if lines:
                self.line([(left, y - 4), (left + 30, y - 4)], COLORS[peer], 2.6 if peer == OURS else 1.6,
                          DASHES.get(peer, ""))  # fmt: skip
            else:
                self.box(left + 14, y - 10, 12, 12, COLORS[peer])
            self.text(left + 38, y, label(peer))

    def done(self):
        return "\n".join(self.parts + ["</svg>"]) + "\n"


def multiples(low, high, factors):
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [factor * 10.0**power for power in powers for factor in factors]
    return [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]


def log_ticks(low, high):
    """What gets a label between: the fewer of the multiples of a power of ten, the more of those."""
    if high / low < 8:
        return multiples(low, high, (1, 1.5, 2, 3, 4, 5, 6, 8))
    return multiples(low, high, (1, 2, 5) if high / low < 500 else (1,))


def outer(low, high):
    """Round numbers that hold all between them."""
    steps = multiples(low / 10, high * 10, (1, 1.5, 2, 3, 5, 7))
    return max(s for s in steps if s <= low * 1.001), min(s for s in steps if s >= high * 0.999)


def scale(low, high, begin, end):
    """Maps logarithms from low..high to begin..end."""
    span = math.log(high / low) or 1.0
    return lambda value: begin + (end - begin) * math.log(value / low) / span


def in_front(peers):
    """The order to draw in: ours lies on top."""
    return [peer for peer in peers if peer != OURS] + [peer for peer in peers if peer == OURS]


def about(results):
    return "%s; medians of %d rounds" % (results.machine(), results.rounds())


def frame(picture, y_values, x_of, x_ticks, x_between=()):
    """Draws axes and a grid, with thin lines between the labelled ones; returns the map to heights."""
    low, high = outer(min(y_values), max(y_values))
    bottom, right = picture.height - BOTTOM, picture.width - RIGHT
    y_of = scale(low, high, bottom, TOP)
    for tick in multiples(low, high, range(1, 10)):
        picture.line([(LEFT, y_of(tick)), (right, y_of(tick))], "#f0f0f0")
    for value in x_between:
        picture.line([(x_of(value), TOP), (x_of(value), bottom)], "#f0f0f0")
    for tick in log_ticks(low, high):
        picture.line([(LEFT, y_of(tick)), (right, y_of(tick))], "#d0d0d0")
        picture.text(LEFT - 8, y_of(tick) + 4, duration(tick), size=12, anchor="end")
    for value, name in x_ticks:
        picture.line([(x_of(value), TOP), (x_of(value), bottom)], "#d0d0d0")
        picture.text(x_of(value), bottom + 18, name, size=12, anchor="middle")
    picture.line([(LEFT, TOP), (LEFT, bottom), (right, bottom)], "#555555")
    return y_of


def distribution(results, row, title):
    """How many samples in a thousand were slower: the horizontal axis stretches the slow end."""
    curves = {}
    for peer in results.peers(row):
        points = [(share, results.counter(row, peer, name)) for name, share in PERCENTILES]
        points = [(share, value) for share, value in points if value]
        if points and peer in COLORS:
            curves[peer] = points
    if not curves:
        return None
    picture = Picture(title, about(results), "percentile of the samples", "time (logarithmic)")
    right = picture.width - RIGHT
    # Evenly to the middle, then every step a tenth of what is left.
    stretch = scale(1.0, 1000.0, LEFT, right)

    def x_of(share):
        return stretch(1.0 / (1.0 - share))

    ticks = [(0.01, "1"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9")]
    y_of = frame(picture, [v for points in curves.values() for _, v in points], x_of, ticks)
    for peer in in_front(curves):
        picture.curve(peer, [(x_of(share), y_of(value)) for share, value in curves[peer]])
    picture.legend(curves)
    return picture.done()


def chain(results):
    """Time for each event against the number of pipes, both logarithmic."""
    curves = {}
    for row in results.rows():
        question, pipes = row.split("/")[:2]
        if question != "chain" or not pipes.isdigit():
            continue
        pipes = int(pipes)
        for peer in results.peers(row):
            curves.setdefault(peer, []).append((pipes, results.time(row, peer) / pipes))
    if not curves:
        return None
    picture = Picture(
        "Chain of pipes: time for each event",
        about(results),
        "pipes in the loop (logarithmic)",
        "time for each event (logarithmic)",
    )
    x_of = scale(80, 12500, LEFT, picture.width - RIGHT)
    values = [value for points in curves.values() for _, value in points]
    ticks = [(100, "100"), (1000, "1,000"), (9900, "9,900")]
    y_of = frame(picture, values, x_of, ticks, multiples(100, 9900, range(1, 10)))
    peers = [peer for peer in PEERS if peer in curves]
    for peer in in_front(peers):
        picture.curve(peer, [(x_of(pipes), y_of(value)) for pipes, value in sorted(curves[peer])])
    picture.legend(peers)
    return picture.done()


def instructions(results, titles):
    """Bars, one group a row, on a logarithmic axis that begins at one instruction."""
    rows = [row for row in results.rows() if any(key[0] == row for key in results.instructions)]
    if not rows:
        return None
    peers = [p for p in PEERS if any(key[1] == p for key in results.instructions)]
    thick, gap, indent = 12, 14, 330
    bars = {row: [p for p in peers if (row, p) in results.instructions] for row in rows}
    height = TOP + sum(thick * len(bars[row]) + gap for row in rows) + 60
    how = "counted by callgrind, the same each time"
    picture = Picture("User instructions for each operation", how, "", "", width=900, height=height)
    highest = outer(1.0, max(results.instructions.values()) * 1.5)[1]
    right, bottom = picture.width - RIGHT, height - 50
    x_of = scale(1.0, highest, indent, right)
    for tick in multiples(1.0, highest, range(1, 10)):
        picture.line([(x_of(tick), TOP), (x_of(tick), bottom)], "#f0f0f0")
    for tick in multiples(1.0, highest, (1,)):
        picture.line([(x_of(tick), TOP), (x_of(tick), bottom)], "#d0d0d0")
        picture.text(x_of(tick), bottom + 18, "{:,}".format(int(tick)), size=12, anchor="middle")
    picture.text((indent + right) / 2, height - 12, "instructions (logarithmic)", anchor="middle")
    top = TOP + 8
    for row in rows:
        name = titles.get(row, row).replace(" (median)", "")
        picture.text(indent - 10, top + thick * len(bars[row]) / 2 + 3, name, size=12, anchor="end")
        for peer in bars[row]:
            value = results.instructions[row, peer]
            end = x_of(max(value, 1.0))
            picture.box(indent, top, max(end - indent, 1), thick - 2, COLORS[peer])
            picture.text(end + 4, top + 9, "{:,}".format(round(value)), size=10)
            top += thick
        top += gap
    picture.legend(peers, lines=False)
    return picture.done()


def cost(results, rows, titles):
    """Bars of a few rows: time as a ratio to the kernel's own calls, which are the line at 1."""
    peers = [peer for peer in results.peers() if peer not in (results.raw(), "raw_poll")]
    thick, gap, indent, longest = 12, 14, 330, 2.0
    height = TOP + sum(thick * len(peers) + gap for _ in rows) + 60
    what = "Time, as a ratio to the same work with %s" % label(results.raw())
    picture = Picture(what, about(results), "", "", width=900, height=height)
    right, bottom = picture.width - RIGHT, height - 50

    def x_of(ratio):
        return indent + (right - indent) * min(ratio, longest) / longest

    for tick in (0, 0.5, 1, 1.5, 2):
        picture.line([(x_of(tick), TOP), (x_of(tick), bottom)], "#555555" if tick == 1 else "#d0d0d0")
        picture.text(x_of(tick), bottom + 18, "%g" % tick, size=12, anchor="middle")
    picture.text((indent + right) / 2, height - 12, "less is better; longer bars are cut", anchor="middle")
    top = TOP + 8
    for row in rows:
        name = titles.get(row, row).replace(" (median)", "")
        picture.text(indent - 10, top + thick * len(peers) / 2 + 3, name, size=12, anchor="end")
        for peer in peers:
            ratio = results.ratio(row, peer)
            if ratio is not None:
                end = x_of(ratio)
                picture.box(indent, top, max(end - indent, 1), thick - 2, COLORS[peer])
                picture.text(end + 4, top + 9, "%.2f" % ratio, size=10)
            top += thick
        top += gap
    picture.legend(peers, lines=False)
    return picture.done()


def all_of(results, titles):
    """Pairs of file name and SVG, of what was measured."""
    pictures = [
        ("latency_unix.svg", distribution(results, "ping_pong/unix", "A byte there and back, Unix pair")),
        ("latency_tcp.svg", distribution(results, "ping_pong/tcp", "A byte there and back, TCP, two threads")),
        ("latency_waker.svg", distribution(results, "waker/round_trip", "Waking a thread and being woken")),
        ("timeout_50us.svg", distribution(results, "timeout_accuracy/50us", "How long a timeout of 50 µs takes")),
        ("chain.svg", chain(results)),
        ("instructions.svg", instructions(results, titles)),
    ]  # fmt: skip
    return [(name, picture) for name, picture in pictures if picture is not None]
