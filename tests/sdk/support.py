"""A folder as a user has it, with programs and files, and the phases of the tool run in it."""
import os
from pathlib import Path


from tests.sdk import elf_builder
from user.sdk.tool.check import check
from user.sdk.tool.elf import MAX_BYTES
from user.sdk.tool.extended import Extended
from user.sdk.tool.programs import load
from user.sdk.tool.read import read

HERE = Path(__file__).resolve().parent
SDK = HERE.parents[1] / "user" / "sdk"

MEMORY = 256 << 20
SSE = bytes.fromhex("0f57c0c3")     # xorps xmm0, xmm0; ret
EXTENDED = Extended()   # remembers what it has seen


def make_files(folder):
    """What the descriptions name. The folder becomes the current one, so that errors name files as users see them."""
    os.chdir(folder)
    Path("folder").mkdir()
    right = {"good": elf_builder.good(), "many": elf_builder.many_variables(), "sse": elf_builder.with_code(SSE)}
    for name, data in {**right, **elf_builder.wrong()}.items():
        Path(f"{name}.elf").write_bytes(data)
    with open("huge.elf", "wb") as file:
        file.truncate(MAX_BYTES + 1)    # no blocks on the disc
    Path("empty.bin").write_bytes(b"")
    Path("small.bin").write_bytes(b"0123456789")
    Path("page.bin").write_bytes(bytes(0x1000))
    Path("big.bin").write_bytes(bytes(0x1001))


def phases(name, data, extended=EXTENDED):
    """The log and the context (None: nothing to check) of a description's bytes."""
    root, log = read(name, data)
    context = check(root, log, ["."], MEMORY)
    if context is not None:
        load(context, extended)
    return log, context


def told(name, data):
    """The lines that a user sees."""
    return phases(name, data)[0].told()
