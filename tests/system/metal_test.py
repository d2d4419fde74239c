"""A whole run as on a bare machine: the ISO boots twice by GRUB, its serial port is captured byte by byte, and the record that
make record makes of it, of damaged copies, and of the text blocks in it is compared with what the guest said.
"""
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.machine import guest, qemu
from scripts.records import block, block_read, capture, capture_choice, events, record
from scripts.verbs import block_ids
from tests.verdict import run_checks

SAMPLES = 30
BYTES = (b"", b"\0", b"\xff", b"\x1b", b"\x1b[2J", b"\x13", b"\n", b"\r", b"7", b"#baton ", b"\"")


def _made_iso(path, directory):
    iso = Path(directory) / f"{path}.iso"
    words = f"samples={SAMPLES} fastpath={path} mitigations=auto"
    patience.run([ROOT / "scripts/mkiso.sh", "--no-menu", "--cmdline", words, "--output", iso], check=True,
                 stdout=subprocess.DEVNULL)
    return iso


class Bytes(guest.Console):
    """Keeps what came as it came."""

    def __init__(self):
        super().__init__(None)
        self.data = b""

    def feed(self, data):
        self.data += data
        super().feed(data)


def captured(path, directory):
    """All bytes of the serial port, GRUB's among them."""
    console = Bytes()
    code = guest.run(qemu.Machine("tcg", iso=_made_iso(path, directory)), console=console).code
    if code != 0:
        raise BatonError(f"the guest ended with {code}; {console.lines[-1:]}")
    return console.data


def told(data):
    """What the guest's events say about one boot, as bench.py reads them: a BootLog."""
    text = data.decode("ascii", "replace")
    log = events.BootLog("on" if '"fastpath":"on"' in text else "off")
    for line in text.splitlines():
        log.line(line)
    log.finish(0)
    return log


# ---- tests. Each yields what is wrong.

def _same(run, logs, keys=None):
    expected = {r["id"]: {k: v for k, v in r.items() if keys is None or k in keys} for log in logs for r in log.results}
    found = {b["id"]: {k: v for k, v in b.items() if k != "unit"} for b in run["benchmarks"]}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield f"{name}: the record has {found.get(name)}, the guest said {expected.get(name)}"


def _recorded(directory, data, **env):
    path, results = Path(directory) / "serial.log", Path(directory) / f"results-{random.random()}"
    path.write_bytes(data)
    words = [f"--{key}={path}" if value is None else f"--{key}" for key, value in env.items()]
    done = patience.run([sys.executable, "-m", "scripts.verbs.metal", "--results", results, "--no-charts", *words], capture_output=True,
                        encoding="utf-8", stdin=subprocess.DEVNULL)
    return done, [record.read(p) for p in record.run_paths(results, "metal")], record.latest_path(results, "metal").exists()


def whole(directory, data, logs):
    done, runs, latest = _recorded(directory, data, capture=None, virtual=True)
    if done.returncode != 0 or len(runs) != 1:
        yield f"it is not recorded: {done.stderr}"
        return
    yield from _same(runs[0], logs)
    if not latest or not runs[0]["virtual"] or runs[0]["host"]["hypervisor"] != "TCGTCGTCGTCG":
        yield "the record is not the latest, or not marked virtual"


def not_bare_metal(directory, data, _):
    done, runs, latest = _recorded(directory, data, capture=None)
    if done.returncode != 0 or latest or not runs[0].get("virtual") or "no numbers of bare metal" not in done.stderr:
        yield f"a virtual machine passes for bare metal: {done.stderr}"


def from_the_block(directory, data, logs):
    done, runs, _ = _recorded(directory, data, block=None, virtual=True)
    if done.returncode != 0:
        yield f"its text blocks are not recorded: {done.stderr}"
        return
    yield from _same(runs[0], logs, ("id", *record.SHORT))
    if runs[0]["host"]["tsc_hz"] != logs[0].tsc_hz or runs[0]["statistics"] != "short":
        yield "the head of the block is not what the guest said"


def block_alone(_, data, logs):
    """Every line of the block, and nothing else, as a person types it; how many characters that are goes to the output."""
    lines = [line for line in data.decode("ascii", "replace").splitlines() if line[:2].isdigit() and line[2:3] == " "]
    found, notes = block_read.from_text("\n".join(line.lower().replace(" ", "") for line in lines))
    print(f"the text blocks: {len(lines)} lines, {sum(len(line.replace(' ', '')) for line in lines)} characters")
    if set(found) != {"on", "off"} or notes:
        yield f"blocks {list(found)}, notes {notes}"
    for log in logs:
        for result in log.results:
            if found[log.fastpath].results[result["id"]] != {k: result[k] for k in ("id", *record.SHORT)}:
                yield f"{result['id']}: another number"


def _judge(data, expected):
    """What is wrong with what damaged bytes give: a number that the guest did not print, or one that is silently gone."""
    try:
        chosen = capture_choice.choose(capture.Capture(data), "capture", "make record")
    except BatonError as error:
        return None if str(error) else "refused without a word"
    numbers = {i: r for boot in chosen.boots.values() for i, r in boot.results.items()}
    wrong = [i for i, r in numbers.items() if expected.get(i) != r]
    if wrong:
        return f"{wrong[0]} has another number"
    if len(numbers) < len(expected) and not chosen.partial:
        return f"{len(expected) - len(numbers)} benchmarks are gone without a word"
    return None


def cut_at_every_line(_, data, logs):
    expected = {r["id"]: r for log in logs for r in log.results}
    ends = [i + 1 for i, c in enumerate(data) if c == 10]
    for end in ends:
        for part in (data[:end], data[:end - 40], data[end:]):
            wrong = _judge(part, expected)
            if wrong:
                yield f"cut at byte {end}: {wrong}"


def damaged_bytes(_, data, logs):
    expected = {r["id"]: r for log in logs for r in log.results}
    randoms = random.Random(2026)
    for i in range(500):
        at, new = randoms.randrange(len(data)), BYTES[i % len(BYTES)]
        length = randoms.choice((1, 1, 1, 2, 17))
        wrong = _judge(data[:at] + new + data[at + length:], expected)
        if wrong:
            yield f"{length} bytes at {at} became {new}: {wrong}"


def list_of_benchmarks(*_):
    """The reader's list is the suite's."""
    if block.ids_of_tree() != block_ids.known(ROOT / "build"):
        yield f"{block.IDS} is not what the suite lists: python3 -m scripts.verbs.block_ids"


TESTS = (list_of_benchmarks, whole, not_bare_metal, from_the_block, block_alone, cut_at_every_line, damaged_bytes)


def checks():
    with tempfile.TemporaryDirectory(prefix="baton-metal-") as directory:
        boots = [captured(path, directory) for path in ("on", "off")]
        logs = [told(boot) for boot in boots]
        for test in TESTS:
            wrong = list(test(directory, b"".join(boots), logs))
            yield f"metal/{test.__name__}", f"{wrong[0]} ({len(wrong)} in all)" if wrong else None


if __name__ == "__main__":
    run_checks(__doc__, checks)
