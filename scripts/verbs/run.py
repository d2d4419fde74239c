"""Runs a Baton guest under QEMU, prints its console, and ends with the guest's exit code.

Exit code: what the guest gave to debug_exit (0 is success, 127 a kernel panic); 124 when a limit was reached; 125 when QEMU
is missing, fails, or the machine shuts down (a triple fault); 2 for wrong options.

The limits are of the guest's own time, not of the clock on the wall: under tcg a second is 10^9 instructions (or as long
idle), elsewhere a second of a CPU that QEMU has used.
"""
from dataclasses import replace
from pathlib import Path

from scripts.base.common import ROOT, USAGE, BatonError, make_parser, positive_number, run_main
from scripts.machine import qemu
from scripts.machine.guest import COUNTED, UNCOUNTED, limits_of, run
from scripts.source.image import Image, built_image


def _machine(options):
    if options.iso:
        if options.cmdline or options.module or options.kernel:
            raise BatonError("an ISO has its kernel, modules and command line inside",
                             "scripts/mkiso.sh --cmdline '...'", USAGE)
        return qemu.Machine(options.backend, iso=options.iso.resolve(), memory_mib=options.memory, stick=options.stick,
                            uefi=options.uefi, devices=tuple(options.device))
    if options.stick or options.uefi:
        raise BatonError("--stick and --uefi are for --iso", "make iso && python3 -m scripts.verbs.run --iso build/baton.iso "
                         "--uefi", USAGE)
    image = built_image(options.build)
    if options.kernel or options.module:
        image = Image(options.kernel or image.kernel, tuple(options.module) or image.modules)
    return qemu.Machine(options.backend, image, cmdline=options.cmdline, cpu=options.cpu, memory_mib=options.memory,
                        devices=tuple(options.device))


def _options(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--backend", choices=qemu.BACKENDS, default="tcg", help="default: tcg")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where the build's output is")
    parser.add_argument("--kernel", type=Path, help="default: build/baton32.elf")
    parser.add_argument("--module", type=Path, action="append", default=[],
                        help="in this order; default: all of build/user, the root task first")
    parser.add_argument("--cmdline", default="", help="the kernel's command line")
    parser.add_argument("--iso", type=Path, help="boot this ISO instead")
    parser.add_argument("--stick", action="store_true", help="the ISO is a USB stick, not a disc")
    parser.add_argument("--uefi", action="store_true", help="it boots by UEFI (OVMF), not by a BIOS")
    parser.add_argument("--cpu", help="QEMU's CPU model")
    parser.add_argument("--device", action="append", default=[], help="a further device of QEMU, such as edu")
    parser.add_argument("--memory", type=int, default=512, metavar="MIB")
    for name, field, what in (("--limit", "total", "limit"), ("--silence", "silence", "limit without output")):
        parser.add_argument(name, metavar="SECONDS", help=f"{what}, of the guest's own time; default {getattr(COUNTED, field):g} under "
                            f"tcg, {getattr(UNCOUNTED, field):g} elsewhere")
    return parser.parse_args(arguments)


def main(arguments):
    options = _options(arguments)
    machine = _machine(options)
    limits = limits_of(machine)
    if options.limit:
        limits = replace(limits, total=positive_number(options.limit, "--limit"))
    if options.silence:
        limits = replace(limits, silence=positive_number(options.silence, "--silence"))
    return run(machine, lambda line: print(line, flush=True), limits).code


if __name__ == "__main__":
    run_main(main)
