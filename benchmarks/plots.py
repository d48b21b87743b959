"""The report's pictures, as SVG made of plain text."""

import math

from measure import PEERS

COLORS = {
    "mio": "#d62728",
    "raw_epoll": "#333333",
    "libuv": "#1f77b4",
    "libevent": "#2ca02c",
    "libev": "#9467bd",
    "raw_poll": "#b8860b",
}
FONT = "font-family='Helvetica, Arial, sans-serif'"
WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 150, 50, 60

PERCENTILES = [
    ("p1_ns", 0.01), ("p10_ns", 0.1), ("p25_ns", 0.25), ("p50_ns", 0.5), ("p75_ns", 0.75),
    ("p90_ns", 0.9), ("p95_ns", 0.95), ("p99_ns", 0.99), ("p99_5_ns", 0.995), ("p99_9_ns", 0.999),
]  # fmt: skip


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def label(peer):
    return {"raw_epoll": "raw epoll", "raw_poll": "poll(2)"}.get(peer, peer)


def duration(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size * 0.9999:
            return "%g %s" % (ns / size, unit)
    return "%g ns" % ns


class Picture:
    """A frame with a title, to draw in with coordinates of the data, which may be logarithmic."""

    def __init__(self, title, x_title, y_title, width=WIDTH, height=HEIGHT):
        self.width, self.height = width, height
        self.parts = [
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d'>"
            % (width, height, width, height),
            "<rect width='100%' height='100%' fill='white'/>",
        ]
        self.text(width / 2, 26, title, size=17, anchor="middle")
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

    def legend(self, peers):
        for index, peer in enumerate(peers):
            y = TOP + 14 + 22 * index
            self.box(self.width - RIGHT + 18, y - 10, 12, 12, COLORS[peer])
            self.text(self.width - RIGHT + 36, y, label(peer))

    def done(self):
        return "\n".join(self.parts + ["</svg>"]) + "\n"


def log_ticks(low, high):
    """1, 2 and 5 times the powers of ten between, fewer where there would be many."""
    factors = (1, 2, 5) if high / low < 200 else (1,)
    ticks = [
        factor * 10.0**power
        for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for factor in factors
    ]
    return [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]


def scale(low, high, begin, end):
    """Maps logarithms from low..high to begin..end."""
    span = math.log(high / low) or 1.0
    return lambda value: begin + (end - begin) * math.log(value / low) / span


def frame(picture, y_values, x_of, x_ticks):
    """Draws axes and a grid; returns the map from values to heights."""
    low, high = min(y_values) * 0.9, max(y_values) * 1.1
    bottom, right = picture.height - BOTTOM, picture.width - RIGHT
    y_of = scale(low, high, bottom, TOP)
    for tick in log_ticks(low, high):
        picture.line([(LEFT, y_of(tick)), (right, y_of(tick))], "#dddddd")
        picture.text(LEFT - 8, y_of(tick) + 4, duration(tick), size=12, anchor="end")
    for value, name in x_ticks:
        picture.line([(x_of(value), TOP), (x_of(value), bottom)], "#eeeeee")
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
    picture = Picture(title, "percentile", "latency")
    right = picture.width - RIGHT
    # Evenly to the middle, then every step a tenth of what is left.
    stretch = scale(1.0, 1000.0, LEFT, right)

    def x_of(share):
        return stretch(1.0 / (1.0 - share))

    ticks = [(0.01, "1"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9")]
    y_of = frame(picture, [v for points in curves.values() for _, v in points], x_of, ticks)
    for peer, points in curves.items():
        places = [(x_of(share), y_of(value)) for share, value in points]
        picture.line(places, COLORS[peer], 2.6 if peer == "mio" else 1.6)
        for place in places:
            picture.dot(place, COLORS[peer])
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
    picture = Picture("Chain of pipes: time for each event", "pipes", "time for each event")
    x_of = scale(80, 12500, LEFT, picture.width - RIGHT)
    values = [value for points in curves.values() for _, value in points]
    ticks = [(100, "100"), (1000, "1,000"), (9900, "9,900")]
    y_of = frame(picture, values, x_of, ticks)
    for peer in (peer for peer in PEERS if peer in curves):
        places = [(x_of(pipes), y_of(value)) for pipes, value in sorted(curves[peer])]
        picture.line(places, COLORS[peer], 2.6 if peer == "mio" else 1.6)
        for place in places:
            picture.dot(place, COLORS[peer])
    picture.legend([peer for peer in PEERS if peer in curves])
    return picture.done()


def instructions(results, titles):
    """Bars, one group a row, on a logarithmic axis that begins at one instruction."""
    rows = [row for row in results.rows() if any(key[0] == row for key in results.instructions)]
    if not rows:
        return None
    peers = [p for p in PEERS if any(key[1] == p for key in results.instructions)]
    thick, gap, indent = 11, 14, 330
    group = thick * len(peers) + gap
    height = TOP + group * len(rows) + 50
    picture = Picture("User instructions for each operation", "", "", width=900, height=height)
    highest = max(results.instructions.values()) * 1.1
    x_of = scale(1.0, highest, indent, picture.width - RIGHT)
    for tick in log_ticks(1.0, highest):
        picture.line([(x_of(tick), TOP), (x_of(tick), height - 40)], "#dddddd")
        picture.text(x_of(tick), height - 22, "{:,}".format(int(tick)), size=12, anchor="middle")
    for index, row in enumerate(rows):
        top = TOP + 8 + index * group
        name = titles.get(row, row).replace(" (median)", "")
        picture.text(indent - 10, top + thick * len(peers) / 2 + 4, name, size=12, anchor="end")
        for place, peer in enumerate(peers):
            value = results.instructions.get((row, peer))
            if value is None:
                continue
            y = top + thick * place
            end = x_of(max(value, 1.0))
            picture.box(indent, y, max(end - indent, 1), thick - 2, COLORS[peer])
            picture.text(end + 4, y + 8, "{:,}".format(round(value)), size=9)
    picture.legend(peers)
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
