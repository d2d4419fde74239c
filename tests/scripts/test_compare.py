"""make compare: exact numbers exactly, noisy ones by their boots, records as a base, and what is refused."""
import contextlib
import io
import itertools
import json
import random
import re
import signal
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.records import record
from scripts.show import compare_table, strip
from scripts.verbs import bisection, compare
from tests.scripts import support
from tests.scripts.support import OFF, ON, make_record


class FromRecord(support.Workspace):
    """BASE is a record; the working tree is a fake QEMU's."""

    def setUp(self):
        super().setUp()
        self.fake_measurement()

    def base(self, medians=None, **changes):
        path = self.dir / "base.json"
        path.write_bytes(record.dump(make_record(medians, **changes)))
        return path

    def compare(self, *arguments, **env):
        return self.run_script("verbs.compare", "--build", self.build, "--results", self.results, *arguments, **env)

    def rows(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()
                if line.split(" ")[-1] in compare_table.VERDICTS and " compared: " not in line}

    def test_the_same(self):
        done = self.compare("--base", self.base())
        self.assertIn("6 compared: 6 same", done.stdout)
        self.assertIn("was measured with gcc made up, now", done.stdout)

    def test_verdicts(self):
        medians = {**ON, **OFF, "ipc.call/same/fast/0w": 99, "cap.lookup/1": 23, "gone/one": 7}
        del medians["ipc.call/cross/slow/0w"]
        rows = self.rows(self.compare("--base", self.base(medians)))
        self.assertEqual(rows["ipc.call/same/fast/0w"], ["99", "100", "+1", "(+1.01", "%)", "worse"])
        self.assertEqual(rows["cap.lookup/1"], ["23", "22", "-1", "(-4.35", "%)", "better"])
        self.assertEqual(rows["gone/one"], ["7", "-", "gone"])
        self.assertEqual(rows["ipc.call/cross/slow/0w"], ["-", "300", "new"])
        self.assertEqual(rows["ipc.call/cross/fast/0w"][-1], "same")

    def test_the_minimum_alone(self):
        run = make_record()
        run["benchmarks"][0]["min"] -= 1
        path = self.dir / "base.json"
        path.write_bytes(record.dump(run))
        self.assertIn("syscall.null (min)", self.compare("--base", path).stdout)

    def test_only_a_part(self):
        part = {k: v for k, v in ON.items() if k.startswith("ipc")}
        self.fake_measurement(on=part)
        rows = self.rows(self.compare("--base", self.base(), ONLY="ipc.*"))
        self.assertEqual(set(rows), {i for i in {**ON, **OFF} if i.startswith("ipc")})
        self.assertEqual({row[-1] for row in rows.values()}, {"same"})

    def test_check_ends_with_1(self):
        base = self.base({**ON, **OFF, "syscall.null": 50})
        self.assertEqual(self.compare("--base", base).returncode, 0)
        self.assert_error(self.compare("--base", base, "--check"), 1, "1 benchmarks are worse, gone or refused: syscall.null")

    def test_only_what_changed(self):
        done = self.compare("--base", self.base({**ON, **OFF, "cap.lookup/1": 50}), "--changed")
        self.assertEqual(list(self.rows(done)), ["cap.lookup/1"])

    def test_markdown(self):
        path = self.dir / "table.md"
        self.compare("--base", self.base({**ON, **OFF, "syscall.null": 50}), "--markdown", path)
        text = path.read_text(encoding="utf-8")
        self.assertIn("| benchmark | old | new | change | verdict |\n| --- | ---: | ---: | ---: | --- |\n"
                      "| syscall.null | 50 | 54 | +4 (+8.00 %) | worse |\n", text)
        self.assertIn("<details><summary>5 the same</summary>", text)

    def test_it_is_recorded(self):
        self.compare("--base", self.base())
        path, = (self.results / "compare" / "tcg").glob("*.json")
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.assertEqual(kept["old"]["boots"][0]["syscall.null"], {"median": 54, "min": 54})
        self.assertEqual(len(kept["differences"]), 6)

    def test_it_is_recorded_though_nobody_reads_the_table(self):
        process = self.start_script("verbs.compare", "--build", self.build, "--results", self.results, "--base", self.base(),
                                    BACKEND="tcg")
        process.stdout.close()
        process.stdout = None
        patience.communicate(process)
        self.assertEqual(process.returncode, 141)
        self.assertEqual(len(list((self.results / "compare" / "tcg").glob("*.json"))), 1)

    def test_base_of_another_backend(self):
        done = self.compare("--base", self.base(backend="kvm"), BACKEND="tcg")
        self.assert_error(done, 2, "base.json is a run of kvm, not of tcg")

    def test_one_noisy_run_is_no_base(self):
        for backend, do in (("kvm", "make compare BASE=0000000000"), ("metal", "record five of each build")):
            done = self.compare("--base", self.base(backend=backend))
            self.assert_error(done, 2, f"one run of {backend}", do)

    def test_base_that_is_no_record(self):
        path = self.dir / "base.json"
        for data, why in (("{", "base.json:1:2: not JSON"), ('{"schema": "baton-compare/1"}', "record.schema"),
                          (None, "cannot read")):
            path.unlink(missing_ok=True)
            if data is not None:
                path.write_text(data, encoding="utf-8")
            self.assert_error(self.compare("--base", path), 1, "base.json", why)

    def test_wrong_options(self):
        self.assert_error(self.compare(), 2, "make compare BASE=HEAD~1")
        for base, env, part in (("no-such-tag", {}, "not a commit, tag or branch"), ("HEAD", {"BOOTS": "4"}, "BOOTS=4"),
                                ("HEAD", {"BOOTS": "4"}, "p is 0.029 at best, above 0.01"), ("HEAD", {"BOOTS": "many"}, "BOOTS=many"),
                                ("HEAD", {"BACKEND": "xen"}, "xen"), ("HEAD", {"ONLY": "a b"}, "ONLY='a b'"),
                                ("HEAD", {"NEW": "no-such-tag"}, "not a commit, tag or branch"),
                                (self.dir, {}, "is a directory, neither a commit nor a record")):
            with self.subTest(part):
                self.assert_error(self.compare("--base", base, **{"BACKEND": "tcg", **env}), 2, part)

    def test_results_that_cannot_be_written_are_told_before_the_run(self):
        (self.results / "compare").mkdir(parents=True)
        (self.results / "compare" / "tcg").write_text("in the way", encoding="utf-8")
        done = self.compare("--base", self.base())
        self.assert_error(done, 1, "cannot write", "--results <directory>")
        self.assertNotIn("booting", done.stderr)

    def test_killed(self):
        self.compare("--base", self.base())
        before, base = self.snapshot(), self.base()
        self.fake_qemu(f"touch {self.dir}/hangs; sleep 100")
        for number, code in support.INTERRUPTS.items():
            with self.subTest(signal.Signals(number).name):
                process = self.start_script("verbs.compare", "--build", self.build, "--results", self.results, "--base", base)
                self.wait_for((self.dir / "hangs").exists)
                (self.dir / "hangs").unlink()
                process.send_signal(number)
                self.assertNotIn("Traceback", patience.communicate(process)[1])
                self.assertEqual(process.returncode, code)
                self.assert_nothing_left()
                self.assertEqual(self.snapshot(), before)


class Recorded(support.Workspace):
    """Both sides are records: nothing is measured, and no QEMU is needed."""

    IDS = [f"made.up/{i}" for i in range(20)]

    def compare(self, *arguments, **env):
        return self.run_script("verbs.compare", "--build", self.build, "--results", self.results, *arguments, path="/usr/bin:/bin", **env)

    def runs(self, name, count, cost=1.0, commit="a", **changes):
        rng = random.Random(name)
        for i in range(count):
            medians = {b: round(1000 * rng.gauss(1, 0.004) * (cost if b.endswith("/3") else 1)) for b in self.IDS}
            run = make_record(medians, "metal", i, commit=commit * 40, **changes)
            path = self.results / "runs" / "metal" / f"{name}-{i}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(record.dump(run))
        return f"{self.results}/runs/metal/{name}-*.json"

    def verdicts(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if line.startswith("made.up")}

    def test_runs_against_runs(self):
        done = self.compare("--base", self.runs("old", 10), "--new", self.runs("new", 10, 1.04, "b"))
        verdicts = self.verdicts(done)
        self.assertEqual({i: v for i, v in verdicts.items() if v in ("worse", "better")}, {"made.up/3": "worse"})
        self.assertIn("backend metal, in cycles; 10 and 10 recorded runs", done.stdout)
        self.assertEqual(len(list((self.results / "compare" / "metal").glob("*.json"))), 1)

    def test_the_same_build(self):
        verdicts = self.verdicts(self.compare("--base", self.runs("old", 8), "--new", self.runs("new", 8)))
        self.assertLessEqual(set(verdicts.values()), {"same", "unclear"})

    def test_one_file_against_another_has_no_verdict(self):
        self.runs("old", 1), self.runs("new", 1, 1.5)
        done = self.compare("--base", f"{self.results}/runs/metal/old-0.json", "--new", f"{self.results}/runs/metal/new-0.json")
        self.assertEqual(set(self.verdicts(done).values()), {"unclear"})
        self.assertIn("1 and 1 recorded runs", done.stdout)
        self.assertIn("5 of each are needed", done.stdout)

    def test_what_cannot_be_decided_does_not_pass_a_check(self):
        """Four runs of a side decide nothing: p is 2/70 at best. With five it is 2/252, which decides."""
        for count, cost, code, text in ((4, 1.5, 1, "so few runs decide nothing"), (5, 1.5, 1, "1 benchmarks are worse"), (5, 1, 0, "")):
            files = self.runs("old", count), self.runs("new", count, cost)
            done = self.compare("--base", files[0], "--new", files[1], "--check")
            self.assertEqual(done.returncode, code, done.stdout)
            self.assertIn(text, done.stderr)

    def test_by_commit(self):
        from scripts.source import gitlog
        old, new = gitlog.resolve("HEAD~1").hash, gitlog.resolve("HEAD").hash
        for name, commit, cost in (("old", old, 1), ("new", new, 1.04), ("other", "f" * 40, 3)):
            for path in sorted(Path(self.runs(name, 8, cost)).parent.glob(f"{name}-*")):
                run = record.read(path)
                path.write_bytes(record.dump({**run, "commit": commit}))
        verdicts = self.verdicts(self.compare(BACKEND="metal", BASE="HEAD~1", NEW="HEAD"))
        self.assertEqual(verdicts["made.up/3"], "worse")
        self.assert_error(self.compare(BACKEND="metal", BASE="HEAD~2", NEW="HEAD"), 1, "no complete run of metal at", "make record")

    def test_of_a_text_block(self):
        files = self.runs("old", 5), self.runs("new", 5, 1.1)
        for path in (self.results / "runs" / "metal").glob("*.json"):
            run = json.loads(path.read_text(encoding="utf-8"))
            run["statistics"] = "short"
            run["benchmarks"] = [{k: b[k] for k in ("id", "unit", *record.SHORT)} for b in run["benchmarks"]]
            path.write_bytes(record.dump(run))
        self.assertEqual(len(self.verdicts(self.compare("--base", files[0], "--new", files[1]))), 20)

    def test_two_machines_or_backends_are_not_compared(self):
        host = {**dict.fromkeys(record.HOST_TEXTS, "made up"), "cpu_model": "Another CPU"}
        files = self.runs("old", 5), self.runs("new", 5, host=host)
        self.assert_error(self.compare("--base", files[0], "--new", files[1]), 2, "two machines", "Another CPU")
        self.runs("virtual", 1, virtual=True)
        self.assert_error(self.compare("--base", files[0], "--new", f"{self.results}/runs/metal/virtual-0.json"), 2, "(virtual)")
        other = self.dir / "tcg.json"
        other.write_bytes(record.dump(make_record()))
        self.assert_error(self.compare("--base", files[0], "--new", other), 2, "two backends")

    def test_exact_records(self):
        for name, medians in (("a", ON), ("b", {**ON, "cap.lookup/1": 23})):
            (self.dir / f"{name}.json").write_bytes(record.dump(make_record(medians)))
        done = self.compare("--base", self.dir / "a.json", "--new", self.dir / "b.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"cap.lookup/1 +22 +23 +\+1 \(\+4.55 %\) +worse")

    def test_what_is_not_there(self):
        self.assert_error(self.compare("--base", f"{self.results}/x*.json", "--new", f"{self.results}/y*.json"), 2, "no file is called")
        self.assert_error(self.compare(BACKEND="metal", BASE="HEAD"), 1, "no complete run of metal at")
        self.assert_error(self.compare(BACKEND="metal", BASE=self.runs("old", 1)), 2, "there is no latest run of metal")


class Image(SimpleNamespace):
    """What stands for an image: its name is its hash, and the fake boots know what it costs."""

    def sha256(self):
        return self.name

    def check(self):
        pass


class Noisy(support.Workspace):
    """The backend is kvm; a boot's numbers are random, with what the boot's image costs in them."""

    IDS = [f"made.up/{i}" for i in range(30)]
    SPREAD = 0.005

    def setUp(self):
        super().setUp()
        self.rng, self.order, self.told = random.Random(4), [], io.StringIO()

    def boot(self, image, *_, **__):
        self.order.append(image.name)
        count = self.order.count(image.name)
        lacks = {*image.lacks, *(getattr(image, "twice", ()) if count > 2 else ())}
        numbers = {i: round(1000 * self.rng.gauss(1, self.SPREAD) * image.costs.get(i, 1)) for i in self.IDS if i not in lacks}
        numbers.update({i: 2 * numbers[i] for i, boots in getattr(image, "slow", {}).items() if count in boots})
        results = [{"id": i, "median": n, "min": n - 5} for i, n in numbers.items()]
        refused = [{"id": i, "why": "the overhead is unstable"} for i in lacks]
        return [SimpleNamespace(results=results, refused=refused), SimpleNamespace(results=[], refused=[])]

    def compare(self, old, new, *arguments):
        """Verdicts by id, and the text."""
        old = compare.Side("old", "0" * 40, image=Image(name="old", **old))
        new = compare.Side("new", "1" * 40, image=Image(name="new", **new))
        text = io.StringIO()
        with mock.patch("scripts.machine.measure.both_paths", self.boot), \
                mock.patch("scripts.machine.measure.choose_backend", lambda _: ("kvm", "host")), \
                mock.patch("scripts.machine.qemu.find"), mock.patch("scripts.verbs.compare._built", lambda *_: old), \
                mock.patch("scripts.verbs.compare._working_tree", lambda _: new), \
                contextlib.redirect_stdout(text), contextlib.redirect_stderr(self.told):
            compare.main(["--base", "HEAD", "--results", str(self.results), *arguments])
        rows = [line for line in text.getvalue().splitlines() if line.startswith("made.up")]
        return {line.split()[0]: line.split()[-1] for line in rows}, text.getvalue()

    def test_the_same_build(self):
        verdicts, text = self.compare(dict(costs={}, lacks=()), dict(costs={}, lacks=()))
        self.assertEqual(set(verdicts.values()), {"same"})
        self.assertIn("20 and 20 boots, interleaved", text)
        self.assertEqual((self.order.count("old"), self.order.count("new")), (20, 20))

    def test_three_percent(self):
        verdicts, text = self.compare(dict(costs={}, lacks=()), dict(costs={"made.up/3": 1.03, "made.up/4": 0.97}, lacks=()))
        self.assertEqual({i: v for i, v in verdicts.items() if v != "same"}, {"made.up/3": "worse", "made.up/4": "better"})
        self.assertIn("95 % interval", text)

    def test_refused_in_all_boots_of_one(self):
        verdicts, text = self.compare(dict(costs={}, lacks=()), dict(costs={}, lacks=("made.up/7",)), "--boots", "6")
        self.assertEqual(verdicts["made.up/7"], "refused")
        self.assertIn("refused in some boots: made.up/7: the overhead is unstable", text)

    SAME = dict(costs={}, lacks=())

    def test_five_boots_decide_what_stands_out(self):
        """One of thirty benchmarks takes half as long again, with noise of 0.1 %: that is found, and a check does not pass."""
        self.SPREAD = 0.001
        verdicts, _ = self.compare(self.SAME, dict(costs={"made.up/3": 1.5}, lacks=()), "--boots", "5")
        self.assertEqual({i: v for i, v in verdicts.items() if v != "same"}, {"made.up/3": "worse"})
        self.order.clear()
        with self.assertRaisesRegex(BatonError, "1 benchmarks are worse, gone or refused: made.up/3"):
            self.compare(self.SAME, dict(costs={"made.up/3": 1.5}, lacks=()), "--boots", "5", "--check")

    def test_what_can_be_decided_is_told_before_anything_is_measured(self):
        for boots, parts in (("5", ("0.0079, where 0.01 is needed", "cannot be told from luck")),
                             ("20", ("of slow boots 8 against none",))):
            with self.subTest(boots), mock.patch("scripts.machine.measure.both_paths", side_effect=KeyboardInterrupt), \
                    self.assertRaises(KeyboardInterrupt), contextlib.redirect_stderr(self.told):
                compare._measure_both({name: SimpleNamespace(image=1) for name in ("old", "new")},
                                      SimpleNamespace(boots=int(boots), only="*", samples=1), "kvm", None)
            for part in parts:
                self.assertIn(part, self.told.getvalue())

    def test_what_is_not_ruled_out(self):
        """On a noisy host a row can be unclear, but where its interval leaves out 0 the output says so."""
        self.SPREAD = 0.03
        verdicts, text = self.compare(self.SAME, dict(costs={"made.up/3": 1.06}, lacks=()), "--boots", "9")
        self.assertEqual(verdicts["made.up/3"], "unclear")
        self.assertIn("more boots tell: BOOTS=n", text)
        self.assertRegex(text, "their own interval leaves out 0, as about 1.5 of 30 do by luck:.* made.up/3")
        self.assertNotIn("no change", text)

    def test_nine_of_twenty_boots_twice_as_slow(self):
        slow = dict(self.SAME, slow={"made.up/5": range(1, 18, 2)})
        table = self.dir / "table.md"
        verdicts, text = self.compare(self.SAME, slow, "--markdown", str(table))
        self.assertEqual({i: v for i, v in verdicts.items() if v != "same"}, {"made.up/5": "worse"})
        self.assertRegex(text, r"slow boots \(\+\d+\.\d+ %\): 0 -> 9 of 20; old \[[\d+]+\.+\] new \[[\d+]+\.+[\d.]+\] \d")
        self.assertRegex(table.read_text(encoding="utf-8"), r"worse \| \*\*slow boots .*: 0 -> 9 of 20\*\*<br>`old \[")
        kept, = (self.results / "compare" / "kvm").glob("*.json")
        mode, = [d["modes"] for d in json.loads(kept.read_text(encoding="utf-8"))["differences"] if d["id"] == "made.up/5"][0]
        self.assertEqual((mode["old"], mode["new"]), (0, 9))

    def test_what_the_new_one_refuses_in_most_boots_is_refused(self):
        verdicts, text = self.compare(self.SAME, dict(self.SAME, twice=("made.up/7",)), "--boots", "6")
        self.assertEqual(verdicts["made.up/7"], "refused")
        self.order.clear()
        verdicts, text = self.compare(dict(self.SAME, twice=("made.up/7",)), self.SAME, "--boots", "6")
        self.assertEqual(verdicts["made.up/7"], "unclear")
        self.assertIn("made.up/7: 2 and 6 boots decide nothing, 5 of each are needed", text)


class Strips(support.Workspace):
    def test_each_boot_is_in_it(self):
        line = strip.line([10, 10, None, 11], [10, 20, 20, 20], str)
        self.assertEqual(line, "old [2..1" + 24 * "." + "] new [1" + 26 * "." + "3] 10 to 20")
        self.assertEqual(strip.line([7] * 12, [7], str), f"old [+{27 * '.'}] new [1{27 * '.'}] 7 to 7")

    def test_a_dot_for_each_boot(self):
        dots = re.findall(r'cx="(\d+)" cy="(\d+)"', strip.svg([10, 11], [10, None, 20], "a & b"))
        self.assertEqual(dots, [("4", "8"), ("23", "8"), ("4", "25"), ("196", "25")])

    def test_dots_at_one_place_do_not_hide_each_other(self):
        dots = re.findall(r'cx="(\d+)" cy="(\d+)"', strip.svg([10] * 5 + [90], [10, 10], "a"))
        self.assertEqual(len(set(dots)), 8)


class Bisection(support.Workspace):
    """What the search says about made-up commits."""

    def find(self, numbers, *arguments, backend="tcg", boots=None):
        """The lines, for commits that cost this (None: does not build), the last of them BAD."""
        commits = [SimpleNamespace(hash=f"{i:040x}", author="A. Author", date="2026-01-01", subject=f"change {i}")
                   for i in range(len(numbers))]

        def image_of(commit, _):
            number = numbers[int(commit.hash, 16)]
            if number is None:
                raise bisection.builds.CannotBuild("it does not build")
            return Image(kernel=number if boots is None else commit.hash, number=number)

        def number(_, image):
            return boots(image.number) if boots else image.number

        text = io.StringIO()
        with mock.patch("scripts.build.builds.image_of", image_of), \
                mock.patch("scripts.machine.measure.choose_backend", lambda _: (backend, None)), \
                mock.patch("scripts.source.gitlog.resolve", lambda name: commits[-1 if name == "HEAD" else int(name)]), \
                mock.patch("scripts.source.gitlog.first_parents", lambda bad, good: commits[commits.index(good) if good else 0:]), \
                mock.patch("scripts.machine.qemu.find"), mock.patch.object(bisection.Sitting, "_number", number), \
                mock.patch.object(bisection.Sitting, "_say", lambda *_: None), contextlib.redirect_stdout(text):
            bisection.main(["--id", "made.up/1", *arguments])
        return text.getvalue().splitlines()

    def test_one_change(self):
        found = self.find([10] * 5 + [11] * 8)
        self.assertEqual(found, ["made.up/1: 10 -> 11 instructions (+1, +10.00 %)", f"  commit {5:040x}",
                                 "  author A. Author, 2026-01-01", "  change 5"])

    def test_the_last_of_several_and_a_word_of_the_others(self):
        found = self.find([10, 10, 12, 12, 11, 11, 11], "--good", "0")
        self.assertIn(": 12 -> 11 instructions (-1, -8.33 %)", found[0])
        self.assertIn("there are earlier ones: ALL=1", found[-1])

    def test_all(self):
        found = [line for line in self.find([10, 11, 10, 10, 13, 13], "--good", "0", "--all") if " -> " in line]
        self.assertEqual([line.split()[1:4] for line in found], [["10", "->", "11"], ["11", "->", "10"], ["10", "->", "13"]])

    def test_candidates_when_some_do_not_build(self):
        found = self.find([10, 10, None, None, 11, 11])
        self.assertEqual([line for line in found if line.startswith("  change")], ["  change 2", "  change 3", "  change 4"])
        self.assertEqual(found[-1], "skipped: 2 commits that do not build or boot")

    def test_a_benchmark_that_is_new(self):
        self.assertIn("absent -> 11", self.find([bisection.ABSENT] * 3 + [11] * 2)[0])

    def test_what_is_not_found(self):
        good = ("--good", "0")
        for numbers, arguments, why in (([10] * 4, (), "as far back as can be measured"),
                                        ([10, 11, 10], good, "in both 0 and HEAD"),
                                        ([10, None], (), "BAD=HEAD: it does not build"),
                                        ([None, 10], good, "GOOD=0: it"),
                                        ([10, bisection.ABSENT], (), "there is no benchmark"),
                                        ([bisection.ABSENT] * 2, good, "there is no benchmark"), ([10], (), "nothing between"),
                                        ([10, 10], (*good, "--all"), "no commit of the range"),
                                        ([bisection.ABSENT] * 2, (*good, "--all"), "there is no benchmark")):
            with self.subTest(numbers), self.assertRaisesRegex(BatonError, why):
                self.find(numbers, *arguments)

    def test_wrong_options(self):
        for arguments, part in (((), "ID=''"), (("--id", "no such"), "no such"), (("--id", "a/b", "--all"), "ALL=1"),
                                (("--id", "a/b", "--backend", "xen"), "xen")):
            self.assert_error(self.run_script("verbs.bisection", *arguments), 2, part)

    def test_noisy(self):
        rng = random.Random(6)
        found = self.find([1000] * 9 + [1030] * 5, "--backend", "kvm", "--good", "0", backend="kvm",
                          boots=lambda number: round(number * rng.gauss(1, 0.005)))
        self.assertIn(f"  commit {9:040x}", found)
        self.assertIn("cycles", found[0])

    def test_boots_that_are_slow_now_and_then(self):
        """The median stays where it was; nine boots in twenty do not."""
        rng, slow = random.Random(8), itertools.cycle(k * 9 % 20 < 9 for k in range(20))
        found = self.find([1000] * 9 + [1001] * 5, "--backend", "kvm", "--good", "0", backend="kvm",
                          boots=lambda number: round(1000 * rng.gauss(1, 0.005) * (2 if number > 1000 and next(slow) else 1)))
        self.assertRegex(found[1], r"  slow boots \(\+\d.*%\): 0 -> \d+ of 40")
        self.assertIn(f"  commit {9:040x}", found)

    def test_noisy_without_a_change(self):
        rng = random.Random(7)
        with self.assertRaisesRegex(BatonError, "in both"):
            self.find([1000] * 9, "--backend", "kvm", "--good", "0", backend="kvm",
                      boots=lambda number: round(number * rng.gauss(1, 0.005)))


class Tables(support.Workspace):
    def test_numbers(self):
        for value, text in ((None, "-"), (54, "54"), (54.5, "54.5"), (1990715.0, "1990715"), (123456.5, "123456.5")):
            self.assertEqual(compare_table.number(value), text)

    def test_from_nothing(self):
        self.assertEqual(compare_table.percent(float("inf")), "from 0")
