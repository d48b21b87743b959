"""What was measured, and what follows from it."""

import measure

TITLES = {
    "poll_latency/idle": "wait(0), nothing ready",
    "poll_latency/one_ready": "wait(0), one ready",
    "poll_latency/one_ready_forever": "wait without a timeout, one ready",
    "poll_latency/100_of_1000": "wait(0), 100 of 1,000 ready",
    "waker/self": "wake from the loop's own thread, and wait",
    "waker/again": "wake once more before the loop ran",
    "waker/round_trip": "wake a thread and be woken (median)",
    "waker/round_trip_spinning": "the same, both spinning (median)",
    "registration/add_remove": "register and deregister",
    "registration/change": "reregister",
    "registration/other_thread": "register and deregister while another thread waits",
    "ping_pong/unix": "a byte there and back, Unix pair (median)",
    "ping_pong/unix_raw": "the same, read and written with the system's own calls (median)",
    "ping_pong/tcp": "a byte there and back, TCP, two threads (median)",
    "echo_server/1_64B": "echo server, 1 connection, 64 B",
    "echo_server/1_16KiB": "echo server, 1 connection, 16 KiB",
    "echo_server/100_64B": "echo server, 100 connections, 64 B",
    "echo_server/100_16KiB": "echo server, 100 connections, 16 KiB",
    "echo_server/1000_64B": "echo server, 1,000 connections, 64 B",
    "echo_server/1000_16KiB": "echo server, 1,000 connections, 16 KiB",
    "scale/1_thread": "waits that find 16 ready, one thread",
    "scale/2_threads": "the same, two threads with a poll each",
    "chain/100": "chain of 100 pipes",
    "chain/100_level": "the same, levels instead of edges",
    "chain/100_calls": "the same, edges, with mio's own pipe calls",
    "chain/1000": "chain of 1,000 pipes",
    "chain/9900": "chain of 9,900 pipes",
    "timeout_accuracy/50us": "50 µs timeout, actual (median)",
    "timeout_accuracy/1ms": "1 ms timeout, actual (median)",
    "timeout_accuracy/10ms": "10 ms timeout, actual (median)",
    "accept/tcp": "connect, accept, close",
    "datagram/send_each": "send 44 datagrams of 1,200 B, a call each",
    "datagram/send_many": "the same, one call (sendmmsg)",
    "datagram/send_segments": "the same, segments of one message (GSO)",
    "datagram/exchange_each": "send and receive 44 datagrams of 1,200 B, a call each",
    "datagram/exchange_many": "the same, one call each way (sendmmsg, recvmmsg)",
    "datagram/exchange_segments": "the same, segments of one message (GSO, GRO)",
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

    def machine(self):
        """Where it was measured: not always here."""
        return self.context.get("machine") or measure.machine()

    def rounds(self):
        return 1 + max(run["repetition_index"] for run in self.runs)

    def add(self, result, context, number):
        self.context = self.context or context
        result["repetition_index"] = number
        self.runs.append(result)

    def of(self, row, peer):
        return [run for run in self.runs if measure.split(run["name"]) == (row, peer)]

    def rows(self):
        known = {measure.split(run["name"])[0] for run in self.runs}
        return [row for row in TITLES if row in known] + sorted(known - set(TITLES))

    def peers(self, row=None):
        """Who has this row, or any."""
        known = {peer for r, peer in (measure.split(run["name"]) for run in self.runs) if row in (None, r)}
        return [peer for peer in measure.PEERS if peer in known]

    def raw(self):
        """The kernel's own calls of the system that this is of."""
        return measure.raw_of(self.peers())

    def time(self, row, peer):
        return measure.median([measure.typical(run) for run in self.of(row, peer)])

    def counter(self, row, peer, name):
        return measure.median([run[name] for run in self.of(row, peer) if name in run])

    def ratio(self, row, peer):
        """The median over the rounds of this peer's time to the kernel's own calls'."""
        base = {run["repetition_index"]: measure.typical(run) for run in self.of(row, self.raw())}
        return measure.median(
            [
                measure.typical(run) / base[run["repetition_index"]]
                for run in self.of(row, peer)
                if base.get(run["repetition_index"])
            ]
        )


def duration(ns):
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return "%.3g %s" % (ns / size, unit)
    return "%.3g ns" % ns


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def title(row):
    return TITLES.get(row, row)


def is_memory(row):
    return row.startswith("memory/")
