"""What the report makes of what was measured, without measuring anything."""

import io
import json
import os
import re
import shutil
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from unittest import mock

import emulated
import measure
import plots
import report
from results import TITLES, Results


def entry(row, peer, time, number=0, **counters):
    name = "%s/%s" % (row, peer)
    return dict(
        name=name + "/real_time",
        run_name=name,
        run_type="iteration",
        repetition_index=number,
        real_time=time,
        time_unit="ns",
        **counters
    )


def results_of(*entries):
    results = Results()
    results.why_no_instructions = "it is a test"
    for one in entries:
        results.add(one, {"host_name": "here"}, one["repetition_index"])
    return results


def cells(lines):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


class Names(unittest.TestCase):
    def test_split_drops_what_google_benchmark_adds(self):
        self.assertEqual(measure.split("chain/100/mio/iterations:1/real_time"), ("chain/100", "mio"))

    def test_raw_is_the_kernels_own_calls_of_any_system(self):
        for raw in measure.RAWS:
            self.assertEqual(measure.raw_of(["mio", "raw_poll", raw]), raw)
        self.assertIsNone(measure.raw_of(["mio", "raw_poll"]))

    def test_typical_is_the_middle_of_many_samples(self):
        self.assertEqual(measure.typical({"real_time": 5.0, "p50_ns": 3.0}), 3.0)
        self.assertEqual(measure.typical({"real_time": 5.0}), 5.0)


class Ratios(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        # Ours took twice, three times and just as long in rounds that were each slower as a whole.
        pairs = [(10, 20), (30, 90), (90, 90)]
        results = results_of(
            *[entry("waker/self", "raw_afd", raw, n) for n, (raw, _) in enumerate(pairs)],
            *[entry("waker/self", "mio", ours, n) for n, (_, ours) in enumerate(pairs)]
        )
        self.assertEqual(results.ratio("waker/self", "mio"), 2)
        self.assertEqual(results.rounds(), 3)

    def test_need_the_round_of_both(self):
        results = results_of(entry("waker/self", "raw_epoll", 10, 0), entry("waker/self", "mio", 20, 1))
        self.assertIsNone(results.ratio("waker/self", "mio"))

    def test_table_names_the_system_it_is_of(self):
        for raw, name in (("raw_epoll", "raw epoll"), ("raw_kqueue", "raw kqueue"), ("raw_afd", "raw AFD")):
            results = results_of(entry("waker/self", raw, 1000), entry("waker/self", "mio", 500))
            head, _, row = cells(report.time_table(results))
            self.assertEqual(head, ["time", name, "mio"])
            self.assertEqual(row, [TITLES["waker/self"], "1 µs", "**0.50**"])

    def test_priority_is_told(self):
        results = results_of(entry("waker/self", "raw_epoll", 10), entry("waker/self", "mio", 5))
        self.assertNotIn("real-time", report.markdown(results))
        results.context["priority"] = "real-time"
        self.assertIn("1 rounds at real-time priority", report.markdown(results))

    def test_timeouts_are_measured_at_the_usual_priority(self):
        answer = json.dumps({"benchmarks": [{}], "context": {}})
        for row, ahead in (("chain/100", True), ("timeout_accuracy/50us", False)):
            with mock.patch.object(measure, "run", return_value=answer) as run:
                measure.measured("binary", row + "/mio/real_time", 0.1, ahead=True)
            self.assertEqual(run.call_args[1]["ahead"], ahead, row)

    def test_lost_names_who_is_ahead_beyond_noise(self):
        results = results_of(
            entry("waker/self", "raw_epoll", 100), entry("waker/self", "mio", 100),
            entry("waker/self", "libuv", 98), entry("waker/self", "libev", 50),
        )  # fmt: skip
        (loss,) = report.lost(results)
        self.assertIn("libev takes 0.50", loss)
        self.assertNotIn("libuv", loss)


class Cost(unittest.TestCase):
    def measured(self):
        return results_of(
            entry("ping_pong/unix", "raw_epoll", 100), entry("ping_pong/unix", "mio", 101),
            entry("ping_pong/unix", "libuv", 150), entry("ping_pong/unix", "raw_poll", 120),
            entry("chain/100", "raw_epoll", 100), entry("chain/100", "mio", 100),
        )  # fmt: skip

    def test_table_has_the_chosen_rows_without_raw_calls(self):
        head, _, row = cells(report.cost_table(self.measured()))
        self.assertEqual(head[1:], ["mio", "libuv"])
        self.assertEqual(row, [TITLES["ping_pong/unix"], "1.01", "1.50"])

    def test_documents_get_both_tables_and_the_picture(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "benchmarks"))
            for name in ("README.md", "benchmarks/README.md"):
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write("a\n%s\nold\n%s\nz\n" % (report.MARK % "begin", report.MARK % "end"))
            with mock.patch.dict(os.environ, BUILD_WORKSPACE_DIRECTORY=root):
                report.update_readme(self.measured(), "new\n")
            with open(os.path.join(root, "benchmarks/README.md"), encoding="utf-8") as file:
                self.assertIn("new", file.read())
            with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
                text = file.read()
            self.assertIn("1.50", text)
            self.assertNotIn("old", text)
            self.assertTrue(text.endswith("z\n"))
            self.assertTrue(os.path.exists(os.path.join(root, "benchmarks/cost.svg")))


class Emulated(unittest.TestCase):
    def run_(self):
        run = emulated.Run("windows", "Windows", "wine-1", [("memory", "no reason")])
        for one in (entry("waker/self", "raw_afd", 5e6), entry("waker/self", "mio", 1e6)):
            run.results.add(one, {"host_name": "here"}, 0)
        return run

    def test_table_has_ratios_and_no_times(self):
        text = emulated.markdown(self.run_())
        self.assertIn("Emulated: Windows under wine-1", text)
        self.assertIn("| **0.20** |", text)
        self.assertIn("memory (no reason)", text)
        self.assertIsNone(re.search(r"\d [mµn]s\b", text))

    def test_file_says_so_and_can_be_read_again(self):
        document = emulated.document(self.run_())
        self.assertEqual(document["context"]["emulated"]["emulator"], "wine-1")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, emulated.file_name("windows"))
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        self.assertEqual(emulated.markdown(emulated.load(path)), emulated.markdown(self.run_()))

    def test_left_out_rows_are_not_run(self):
        emulation = emulated.Emulation("windows", "Windows", "wine", "wine.sh arg", "b/chain.exe", "b/memory.exe")
        self.assertEqual(emulation.under, ["sh", "wine.sh", "arg"])
        listed = [("chain/100", "mio", "chain/100/mio"), ("chain/1000", "mio", "chain/1000/mio")]
        with mock.patch.object(measure, "names", return_value=listed) as names:
            self.assertEqual(emulated.chosen(emulation, ""), {"b/chain.exe": ["chain/100/mio"]})
        names.assert_called_once_with("b/chain.exe", emulation.under)

    def test_missing_emulator_is_told(self):
        emulation = emulated.Emulation("windows", "Windows", "no-such-emulator", "wine.sh", "b/chain.exe")
        with self.assertRaisesRegex(measure.Failure, "no no-such-emulator here"):
            emulated.run(emulation, "")


class Files(unittest.TestCase):
    def test_earlier_run_gives_the_same_again(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        results = results_of(entry("waker/self", "raw_epoll", 100), entry("waker/self", "mio", 90, allocs=0))
        results.instructions["waker/self", "mio"] = 42.0
        document = {
            "context": {"machine": "another machine"},
            "benchmarks": results.runs + list(report.medians(results)),
        }
        first = os.path.join(folder, "report.json")
        with open(first, "w", encoding="utf-8") as file:
            json.dump(document, file)
        again = os.path.join(folder, "again")
        with redirect_stdout(io.StringIO()):
            report.main(["--binaries", "none", "--from-json=" + first, "--out=" + again])
        with open(os.path.join(again, "report.md"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("another machine", text)
        self.assertIn("| **0.90** |", text)
        self.assertIn("42 / – / 0", text)


class Pictures(unittest.TestCase):
    def test_ticks_lie_within(self):
        for low, high in ((1, 10), (3, 7000), (80, 12500)):
            ticks = plots.log_ticks(low, high)
            self.assertGreaterEqual(len(ticks), 2)
            self.assertTrue(all(low * 0.99 <= tick <= high * 1.01 for tick in ticks), ticks)

    def test_every_peer_of_a_picture_has_a_colour(self):
        missing = [p for p in measure.PEERS if p not in plots.COLORS and not p.endswith("_ms")]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
