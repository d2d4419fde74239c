"""What comes after the checks: plan, image, report, and the files."""
import os
import shutil
import sys

from . import image, iso, plan, report
from .elf import HEADER, SEGMENT, read_symbols
from .options import sdk_folder

KERNELS = {"baton.elf": "baton.elf", "baton32.elf": "baton32.elf", "sel4.elf": "baton.elf", "sel4_32.elf": "baton32.elf"}
SYSTEM_AT = "baton_system_at"


def _elf_folder(options):
    return sdk_folder() / "board" / options.board / options.config / "elf"


def _root(folder):
    """The root task's file, and the byte of it that says where the system is."""
    path = folder / "root.elf"
    data = path.read_bytes()
    address = read_symbols(data)[SYSTEM_AT][0].address
    offset, size, count = HEADER.unpack_from(data)[5], HEADER.unpack_from(data)[9], HEADER.unpack_from(data)[10]
    for i in range(count):
        _, _, at, vaddr, _, file_size, _, _ = SEGMENT.unpack_from(data, offset + i * size)
        if vaddr <= address < vaddr + file_size:
            return data, at + address - vaddr
    raise OSError(f"{path} has no {SYSTEM_AT}")


def write(path, data):
    """Whole or not at all. What a link names is replaced, not the link; what is no ordinary file, such as a pipe, is written to."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = path.resolve()
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    os.replace(new, path)


def _put_kernels(folder, options):
    if options.output.exists() and not options.output.is_file():
        return  # there is no beside
    beside = options.output.resolve().parent
    for name, source in KERNELS.items():
        kernel = options.kernel if options.kernel else folder / source
        new = beside / (name + ".new")
        shutil.copyfile(kernel, new)
        os.replace(new, beside / name)


def build(system, options):
    """Writes all that the command line asks for. Exit code."""
    folder = _elf_folder(options)
    if not folder.is_dir():
        print(f"microkit: error: there is no SDK in {sdk_folder()}; make sdk, and use build/sdk/bin/microkit", file=sys.stderr)
        return 1
    try:
        made = plan.make(system, options.memory, console=options.config != "release")
    except plan.Refused as error:
        print(*error.lines, sep="\n", file=sys.stderr)
        return 1
    root, place = _root(folder)
    data = image.with_root(root, image.image_bytes(made), place)
    if options.image_type == "iso":
        try:
            data = iso.make(options.kernel or folder / "baton.elf", data)
        except iso.IsoError as error:
            print(f"microkit: error: {error}", file=sys.stderr)
            return 1
    else:
        _put_kernels(folder, options)
    write(options.output, data)
    found = report.data(made)
    for path, words in ((options.report, report.text), (options.json, report.as_json), (options.dot, report.dot)):
        if path:
            write(path, words(found).encode("utf-8"))
    return 0

