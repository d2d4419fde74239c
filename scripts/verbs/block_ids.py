"""Writes bench/ids.txt: the benchmarks that each boot of the suite knows, in its order, as the reader of a text block needs
them. It asks the built suite itself, in boots under tcg. To be run whenever a benchmark comes, goes or moves.

Exit code: 0 written, or with --check as it is; 1 not so.
"""
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.base.files import replace_file
from scripts.machine import qemu
from scripts.machine.guest import run
from scripts.records import block
from scripts.source.image import built_image

HEAD = """# Every benchmark, in the order of a boot: a text block (bench/block.c) has their numbers in that order, without names.
# Those of the SDK's systems have none. Written by scripts/verbs/block_ids.py.
"""
NOTHING = "bench=nothing.at.all cold=on"  # the suite then lists what there is
LISTED = "; there are:"


def known(build):
    """{"on": ids, "off": ids, "sdk": ids} of the built suite."""
    found, image = {"on": [], "off": [], "sdk": []}, built_image(build)
    systems = [("sdk", booted, "on", system.port) for system, booted in image.boots_of_systems()]
    for name, boots, path, port in (("on", image, "on", False), ("off", image, "off", False), *systems):
        lines = run(qemu.Machine("tcg", boots, cmdline=f"{NOTHING} fastpath={path}", port=port)).lines
        listed = [line.split(LISTED, 1)[1].split() for line in lines if LISTED in line]
        if len(listed) != 1:
            raise BatonError("the suite does not list its benchmarks", "make, then python3 -m scripts.verbs.block_ids", details=lines[-5:])
        found[name] += listed[0]
    return found


def text(lists):
    return HEAD + "".join(f"\n[{name if name == 'sdk' else f'fastpath={name}'}]\n" + "".join(f"{i}\n" for i in ids)
                          for name, ids in lists.items())


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is as it should be")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    options = parser.parse_args(arguments)
    path, wanted = ROOT / block.IDS, text(known(options.build))
    if path.is_file() and path.read_text(encoding="utf-8") == wanted:
        return 0
    if options.check:
        raise BatonError(f"{block.IDS} is not what the suite lists", "python3 -m scripts.verbs.block_ids, and commit it")
    replace_file(path, wanted.encode())
    return 0


if __name__ == "__main__":
    run_main(main)
