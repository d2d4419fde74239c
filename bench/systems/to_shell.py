"""The system that `make run` boots, and beside it who watches for the prompt and who measures. Writes its description, and the policy
of its keeper, into a folder.

Arguments: the description of the usual system, the folder.
"""
import shutil
import sys
from pathlib import Path

MORE = """    <memory_region name="stood" size="0x1000" />
    <memory_region name="cmdline" size="0x1000" prefill_bootinfo="cmdline" />
    <protection_domain name="watch" priority="3">
        <program_image path="watch.elf" />
        <map mr="sending" vaddr="0x10000000" perms="r" setvar_vaddr="sending" />
        <map mr="stood" vaddr="0x10001000" perms="rw" setvar_vaddr="prompt_stood" />
    </protection_domain>
    <protection_domain name="suite" priority="2" stack_size="0x4000">
        <program_image path="suite_shell.elf" />
        <map mr="cmdline" vaddr="0x10000000" perms="r" setvar_vaddr="cmdline_at" />
        <map mr="clock" vaddr="0x10001000" perms="r" setvar_vaddr="clock_at" />
        <map mr="stood" vaddr="0x10002000" perms="r" setvar_vaddr="prompt_stood" />
        <!-- Where QEMU's device isa-debug-exit ends the machine. -->
        <ioport id="0" addr="0xf4" size="1" />
    </protection_domain>
</system>
"""


def main(usual, folder):
    usual, folder = Path(usual), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / usual.name).write_text(usual.read_text(encoding="utf-8").replace("</system>\n", MORE), encoding="utf-8")
    shutil.copy(usual.with_suffix(".policy"), folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
