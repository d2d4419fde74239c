"""Makes the record of a run on a bare machine, from what it said on its serial port or on its screen:

    make record CAPTURE=<file>      a capture of the serial port
    make record BLOCK=<file>        the text block at the end of each boot; BLOCK=- asks for its lines, one by one

The capture is what a terminal program wrote of COM1 (115200 8N1), with whatever firmware and GRUB print; of two boots, one
with each entry of the menu, in one file or in several: CAPTURE="on.log off.log"; - is stdin. Of several boots the last are
taken. FROM=<line> leaves out what is before that line. NOTE=<text> goes into the record.

The block may be typed, read from a photograph by an OCR program, or captured; other lines do no harm, and the file can have the
blocks of both boots. It has fewer statistics than a capture.

Where the guest says that a hypervisor is present, the numbers are not those of bare metal: the record is marked virtual and
is not the latest one of metal, unless VIRTUAL=1 says that this is meant.

Exit code: 0 recorded, 1 recorded in part or not at all (earlier results are as they were), 2 wrong options.
"""
import datetime
import os
import sys
from pathlib import Path

from scripts.base.common import USAGE, BatonError, make_parser, run_main, shown, warn
from scripts.records import block_read, capture, capture_choice, record
from scripts.show import counter_table, table
from scripts.verbs import after
from scripts.verbs.metal_record import BACKEND, of_blocks, of_boots

LARGEST = 256 << 20


# ---- options

def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--capture", default=env("CAPTURE", ""), help="files, or - for stdin; CAPTURE")
    parser.add_argument("--block", default=env("BLOCK", ""), help="files, or - to type it; BLOCK")
    parser.add_argument("--from", dest="first", default=env("FROM") or "1", metavar="LINE", help="leave out what is before; FROM")
    parser.add_argument("--note", default=env("NOTE", ""), help="goes into the record; NOTE")
    parser.add_argument("--virtual", action="store_true", default=env("VIRTUAL", "") not in ("", "0"),
                        help="a virtual machine is what I mean; VIRTUAL=1")
    parser.add_argument("--no-charts", action="store_true", help="do not draw")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    options = parser.parse_args(arguments)
    if bool(options.capture) == bool(options.block):
        raise BatonError("record what? A capture, or a block" if not options.block else "CAPTURE and BLOCK make two records",
                         "make record CAPTURE=<file of a serial capture>, or make record BLOCK=<file>", USAGE)
    if not options.first.isascii() or not options.first.isdigit() or int(options.first) < 1:
        raise BatonError(f"FROM={options.first} is not the number of a line", "make record CAPTURE=<file> FROM=1", USAGE)
    options.first = int(options.first)
    return options


# ---- what was captured

def _read_one(name):
    """(bytes, when they were written)"""
    if name == "-":
        return sys.stdin.buffer.read(LARGEST + 1), datetime.datetime.now(datetime.timezone.utc)  # clock: dates the record
    path = Path(name)
    if path.exists() and not path.is_file():
        raise BatonError(f"{name} is not an ordinary file", "capture it with a terminal program first: docs/measuring.md")
    try:
        data, seconds = path.read_bytes(), path.stat().st_mtime
    except OSError as error:
        raise BatonError(f"cannot read {name}: {error.strerror}", "make record CAPTURE=<file of a serial capture>") from error
    return data, datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _read(names):
    """The bytes of all files, one after the other, and when the last was written."""
    found = [_read_one(name) for name in ([names] if Path(names).exists() else names.split())]
    data = b"\n".join(data for data, _ in found)
    if len(data) > LARGEST:
        raise BatonError(f"{names}: more than {LARGEST >> 20} MiB cannot be the capture of a serial port", "cut it")
    return data, max(when for _, when in found)


# ---- after

def _known(results, run):
    """The file that holds the same record already, or None."""
    for path in record.run_paths(results, BACKEND):
        if path.name.startswith(record.run_name(run)) and path.read_bytes() == record.dump(run):
            return path
    return None


def accept_virtual(run, meant):
    if run.get("virtual"):
        warn(f"it ran in {table.virtual_machine(run)}: these are no numbers of bare metal; the record is marked virtual")
        if meant:
            run["options"]["virtual"] = True


def keep(options, run):
    """Writes the record, prints it and says what has become of it."""
    record.check(run)
    path = _known(options.results, run)
    known = ", which was there already" if path else ""
    path = path or record.save(options.results, run)
    print(table.render(run) + counter_table.render(run) + after.peers_text(run, options.results))
    print(f"\nrecord: {shown(path)}{known}")
    if record.is_complete(run):
        if not options.no_charts:
            print(after.draw(options.results, run))
        return
    as_was = f"{shown(record.latest_path(options.results, BACKEND))} and the charts are as they were"
    wrong = [*run.get("partial", []), *(f"{r['id']} was refused" for r in run["refused"])]
    if wrong:
        raise BatonError(f"{len(wrong)} {'things are' if len(wrong) > 1 else 'thing is'} missing ({wrong[0]}); {as_was}",
                         "boot that entry of the menu again, and record both captures: CAPTURE=\"on.log off.log\"", details=wrong)
    if run.get("virtual") and not run["options"].get("virtual"):
        print(f"not bare metal, so {as_was}; VIRTUAL=1 takes it all the same")
    else:
        print(f"a part only (bench={run['options']['only']} mitigations={run['options']['mitigations']}), so {as_was}")


def _from_capture(options):
    data, when = _read(options.capture)
    found = capture.Capture(data, options.first)
    try:
        chosen = capture_choice.choose(found, options.capture, f"make record CAPTURE={options.capture}")
    except BatonError as error:
        _point_to_block(found, options, error)
        raise
    run = of_boots(chosen, when, options.note)
    if run.get("partial"):
        _point_to_block(found, options)
    return run, chosen.notes


def _point_to_block(found, options, error=None):
    """The text block in the same capture may still have what the events have lost."""
    try:
        blocks, _ = block_read.from_text(found.source.text)
    except BatonError:
        return
    what = f"the text block of fastpath={' and '.join(blocks)} in it is whole: make record BLOCK={options.capture}"
    if error is None:
        warn(what)
    else:
        error.details.append(what)


def _typed(data):
    """The text of a file as editors, OCR programs and terminals write it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return capture.strip(data).decode("utf-8-sig", "replace")


def _from_block(options):
    if options.block == "-" and sys.stdin.isatty():
        blocks, notes = block_read.Typist().run()
        when = datetime.datetime.now(datetime.timezone.utc)  # clock: dates the record
    else:
        data, when = _read(options.block)
        blocks, notes = block_read.from_text(_typed(data), options.first)
    return of_blocks(blocks, when, options.note), notes


def main(arguments):
    options = _options(arguments)
    run, notes = _from_capture(options) if options.capture else _from_block(options)
    for note in notes:
        warn(note)
    accept_virtual(run, options.virtual)
    keep(options, run)
    return 0


if __name__ == "__main__":
    run_main(main)
