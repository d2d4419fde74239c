#!/usr/bin/env python3
"""Components that nobody here wrote: the examples of seL4's Microkit for x86 are built by their own Makefiles, boot, and say what they are
for; the programs of sDDF's examples for x86 are built (their descriptions are made by a program that they ask for, sdfgen). Both are
read from checkouts of your own, since this tree keeps no copies, and nothing is written into them.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import os
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import BatonError, make_parser, run_main
from scripts.machine import qemu
from scripts.source.image import Image
from tests.sdk.systems import SDK, boot_machine, make
from tests.verdict import exit_code, why_not

BOARD = "MICROKIT_BOARD=x86_64_generic"
CRASH = ("crasher, starting", "restarter: received fault message for child pd: 1")
# What each says, in order, as a pattern for each line.
EXAMPLES = {
    "hello": ("hello, world",),
    "hierarchy": ("restarter: starting", *(CRASH + ("restarter: restarted",)) * 9, *CRASH, "restarter: too many restarts - PD stopped",
                  "hello, world"),
    "passive_server": ("SERVER|INFO: init function running", "CLIENT|INFO: init function running",
                       "SERVER|INFO: running on clients scheduling context"),
    "x86_64_ioport": ("hello, world. my name is x86_64_ioport", "Now writing to serial I/O port: hello!"),
    "mr_prefill": ("hello, world. my name is mr_prefill", "prefilled data OK!"),
    "bootinfo": ("====BootInfo====", "TSC Frequency: [1-9]*MHz"),
    "setvar": ("Virtual address of 'mr_with_paddr': 536870912", "Physical address of 'mr_with_paddr': 2147483648",
               "Physical address of 'small_mr_no_paddr': [1-9]*", "Physical address of 'large_mr_no_paddr': [1-9]*",
               "Physical address of 'pl011_paddr': 150994944"),
}
COMPILERS = {"gcc": (), "clang": ("LLVM=True",)}
SDDF = ("timer", "serial", "blk", "echo_server", "vswitch")


def _words(name, config, compiler):
    """setvar's Makefile knows a compiler for Arm only; it takes another one."""
    if name != "setvar":
        return COMPILERS[compiler]
    include = SDK / "board/x86_64_generic" / config / "include"
    return "ARCH=aarch64", "LD=ld", f"CC={compiler}", f"CFLAGS=-nostdlib -ffreestanding -O3 -Wall -Werror -I{include}"


def _example(folder, config, compiler):
    """Why not, or nothing. A release build has no console, so it is built only."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        make(folder, f"BUILD_DIR={where}", BOARD, f"MICROKIT_CONFIG={config}", *_words(folder.name, config, compiler))
        image = next(path for path in (Path(where) / name for name in ("loader.img", "initialiser.elf")) if path.is_file())
        if config == "release":
            return ""
        kernel = Image(image.parent / "sel4_32.elf", (image,))
        serial = folder.name == "x86_64_ioport"
        done = boot_machine(qemu.Machine("tcg", kernel, memory_mib=256, serial=serial), list(EXAMPLES[folder.name]))
        return done.missing


def _programs(folder):
    """All programs. What would be run to describe the system, and to make an image of that, does nothing here."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        make(folder, f"-j{os.cpu_count()}", f"BUILD_DIR={where}", BOARD, "MICROKIT_CONFIG=debug",
             *(f"{program}=true" for program in ("PYTHON", "OBJCOPY", "MICROKIT_TOOL")))
        return "" if len(list(Path(where).glob("*.elf"))) > 1 else "it has no programs"


def _checks(microkit, sddf):
    for name in EXAMPLES if microkit else ():
        for config in ("debug", "release"):
            for compiler in COMPILERS:
                yield f"microkit/{name}/{config}/{compiler}", partial(_example, microkit / "example" / name, config, compiler)
    for name in SDDF if sddf else ():
        yield f"sddf/{name}", partial(_programs, sddf / "examples" / name)


def _checkout(text):
    path = Path(text).resolve()
    if not any((path / "example" / name).is_dir() or (path / "examples" / name).is_dir() for name in ("hello", "timer")):
        raise BatonError(f"{text} has no examples", "make test-microkit SOURCE=<checkout of microkit> SDDF=<checkout of sddf>")
    return path


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--microkit", type=_checkout, help="a checkout of Microkit")
    parser.add_argument("--sddf", type=_checkout, help="a checkout of sDDF")
    parser.add_argument("word", nargs="?", default="", help="only those whose name has it")
    options = parser.parse_args(arguments)
    if not options.microkit and not options.sddf:
        raise BatonError("no checkout is named", "make test-microkit SOURCE=<checkout of microkit> SDDF=<checkout of sddf>")
    return exit_code((name, why_not(test)) for name, test in _checks(options.microkit, options.sddf) if options.word in name)


if __name__ == "__main__":
    run_main(main)
