"""make bench BACKEND=logic: the image that a process can hold, the program that runs it, its record, its table."""
import struct
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.records import peers, record
from scripts.show import chart_stacked, logic_table
from scripts.source import lowered, mca
from scripts.verbs import bench_logic
from tests.scripts import support
from tests.scripts.support import make_record

ELF = support.ROOT / "build" / "baton.elf"
PROGRAM = support.ROOT / "build" / "bench_logic"
OPERATIONS = ("jumps", "null", "identify", "round_trip", "no_waiter", "ping_pong", "yields")


def setUpModule():
    subprocess.run(["make", "-s", "build/baton.elf", "build/bench_logic"], cwd=support.ROOT, check=True, stdout=subprocess.DEVNULL)


def shipped_bytes():
    """The fast paths' section, as the file has it, by binutils."""
    with tempfile.TemporaryDirectory(prefix="baton-logic-") as name:
        section = Path(name) / "section"
        subprocess.run(["objcopy", "-O", "binary", "-j", ".fastpath", str(ELF), str(section)], check=True)
        return section.read_bytes()


class Lowering(support.unittest.TestCase):
    def test_nothing_but_what_a_kernel_alone_may_do_differs(self):
        image = lowered.Lowered(ELF)
        start, end = image.symbols["fastpath_start"], image.symbols["fastpath_end"]
        old = shipped_bytes()
        new = image.data[start - image.base:end - image.base]
        self.assertEqual(len(old), len(new))
        covered = {at + i for at, (was, _) in image.patches.items() for i in range(len(was))}
        self.assertEqual([hex(start + i) for i in range(len(old)) if old[i] != new[i] and start + i not in covered], [])
        nobody = {struct.pack("<I", image.symbols[n] + lowered.UPPER & 0xffffffff) for n in ("nobody_tcb", "slow_head_tcb")}
        for at, (was, becomes) in image.patches.items():
            self.assertEqual(was, old[at - start:at - start + len(was)])
            self.assertEqual(len(was), len(becomes))
            kind = {lowered.SYSRET: lowered.JUMP_RCX, lowered.WRITE_CR3: lowered.STORE_RCX}.get(was)
            if kind:
                self.assertEqual(becomes, kind)
            else:  # an address: the same but for its upper half
                self.assertIn(was[-4:], nobody)
                old_address, new_address = (struct.unpack("<I", code[-4:])[0] for code in (was, becomes))
                self.assertEqual((becomes[:-4], new_address), (was[:-4], old_address & 0x7fffffff))
        texts = [one.text.split()[0] for one in image.instructions]
        self.assertEqual(sum(was == lowered.SYSRET for was, _ in image.patches.values()), texts.count("sysretq"))
        self.assertGreater(texts.count("sysretq"), 5)

    def test_no_image(self):
        with tempfile.TemporaryDirectory(prefix="baton-logic-") as name:
            directory = Path(name)
            (directory / "x").write_bytes(b"\x7fELF no more")
            with self.assertRaises(BatonError):
                lowered.Lowered(directory / "x")


class Program(support.unittest.TestCase):
    """The real one; whether a loaded machine lets it measure is not tested here."""

    def run_program(self, *words, symbols=bench_logic.SYMBOLS):
        image = lowered.Lowered(ELF)
        with tempfile.TemporaryDirectory(prefix="baton-logic-") as name:
            directory = Path(name)
            (directory / "image").write_bytes(image.data)
            named = [f"{n}={image.symbols[n]:x}" for n in symbols]
            return patience.run([str(PROGRAM), "--samples", "20", str(directory / "image"), f"{image.base:x}", *named, *words],
                                capture_output=True, encoding="utf-8")

    def test_every_operation_runs_and_leaves_all_as_it_was(self):
        done = self.run_program()
        self.assertEqual(done.returncode, 0, done.stdout)
        for operation in OPERATIONS:
            for condition in ("warm", "data", "code", "mispredicted"):
                self.assertRegex(done.stdout, f'"(result|refused)","id":"logic.{operation}/{condition}"')

    def test_the_instructions_of_one_operation(self):
        image = lowered.Lowered(ELF)
        seen = {}
        for operation in ("null", "round_trip", "yields"):
            done = self.run_program(f"logic.{operation}/warm")
            self.assertEqual(done.returncode, 0)
            seen[operation] = [one.text.split()[0] for one in image.executed(int(line, 16) for line in done.stdout.split())]
        self.assertEqual(seen["null"], ["cmp", "je", "cmp", "je", "test", "jne", "mov", "sysretq"])
        for operation in ("round_trip", "yields"):
            self.assertEqual(seen[operation].count("sysretq"), 2, operation)
            self.assertEqual(seen[operation].count("mov") > 20, True)

    def test_a_symbol_is_missing(self):
        done = self.run_program(symbols=bench_logic.SYMBOLS[1:])
        self.assertEqual(done.returncode, 1)
        self.assertIn("lacks a symbol", done.stdout)


class Numbers(support.unittest.TestCase):
    def test_ticks_become_hundredths_of_a_cycle(self):
        ticks = {"id": "logic.null/warm", "n": 3, "min": 320, "q1": 640, "median": 640, "q3": 640, "p99": 1280, "max": 1280, "mean": 700.0,
                 "stddev": 10.0, "overhead": 32, "cycle_ticks": 0.5, "cycle_ticks_after": 0.5}
        warm = bench_logic.in_cycles(ticks)
        self.assertEqual((warm["min"], warm["median"], warm["max"], warm["mean"]), (1000, 2000, 4000, 2187.5))
        once = bench_logic.in_cycles({**ticks, "id": "logic.null/code"})
        self.assertEqual((once["min"], once["median"]), (64000, 128000))
        run = make_record({"logic.null/warm": 1}, backend="logic")
        run["benchmarks"] = [{"unit": run["unit"], **warm}]
        record.check(run)

    def test_the_table(self):
        run = make_record({"logic.null/warm": 150, "logic.null/data": 30000, "logic.jumps/warm": 40}, backend="logic")
        lines = logic_table.render(run, {"logic.null": {"Zen 3": 2.5}}).splitlines()
        self.assertEqual(lines[2].split(), ["operation", "warm", "data", "out", "code", "out", "mispredicted", "Zen", "3"])
        self.assertEqual(lines[3].split(), ["logic.null", "1.5", "300.0", "-", "-", "2.5"])
        self.assertEqual(lines[4].split(), ["logic.jumps", "0.4", "-", "-", "-", "-"])
        self.assertNotIn("llvm", logic_table.render(run, {}))

    def test_what_is_left_to_win(self):
        """Bars of parts: twice into the kernel, two switches of address space, and the logic in hundredths."""
        run = make_record({"logic.round_trip/warm": 1730, "logic.null/warm": 680, "logic.null/data": 9100}, "logic")
        [chart] = chart_stacked.left_to_win(run, peers.read())
        parts = {f.what.split(" with")[0]: f.value for f in peers.read() if f.kind == "part" and f.version == "Skylake class"}
        entry, switch = parts["SYSCALL and SYSRET"], parts["CR3 write"]
        self.assertIn(f'"6.8 of {entry + 6.8:.0f}"', chart.body)
        self.assertIn(f'"17.3 of {2 * entry + 2 * switch + 17.3:.0f}"', chart.body)
        self.assertEqual([], chart_stacked.left_to_win(make_record({"syscall.null": 10}), peers.read()))
        self.assertEqual({f"logic.{name}" for name in OPERATIONS} - {"logic.jumps"}, set(chart_stacked.STEPS))

    def test_what_the_assembler_gets(self):
        def text(words):
            return mca._assembled(lowered.Instruction(0, b"", words))
        self.assertEqual(text("je     ffffffff80226080 <fast_call>"), "je begin")
        self.assertEqual(text("mov    0x7095(%rip),%rbx        # ffffffff8022d0c0 <cpu>"), "mov 0x7095(%rip),%rbx")
        self.assertEqual(text("sysretq"), "jmp *%rcx")
        self.assertEqual(text("mov    %rcx,%cr3"), "movb %cl,(%rcx)")
