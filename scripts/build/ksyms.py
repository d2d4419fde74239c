"""Writes the kernel's symbol table as NASM source, for backtraces: ksyms.py [nm output file]

Reads the output of `nm -n` (no argument or an empty file: an empty table, for the first link). The table is the
last part of the read-only data, so the second link moves no address of the first."""
import sys

KERNEL_VMA = 0xFFFFFFFF80000000


def functions(lines):
    for line in lines:
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tT" and int(parts[0], 16) >= KERNEL_VMA and "." not in parts[2]:
            yield int(parts[0], 16) - KERNEL_VMA, parts[2]


def main():
    if "--help" in sys.argv[1:]:
        print(__doc__)
        return
    with open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else open("/dev/null", encoding="utf-8") as f:
        symbols = list(functions(f))
    print("global symbol_count, symbol_table, symbol_names")
    print("section .symbols progbits alloc noexec nowrite align=8")
    print(f"symbol_count: dd {len(symbols)}")
    print("symbol_table:")
    offset = 0
    for address, name in symbols:
        print(f"    dd {address:#x}, {offset}")
        offset += len(name) + 1
    print("symbol_names:")
    for _, name in symbols:
        print(f"    db \"{name}\", 0")
    print("section .note.GNU-stack noalloc noexec nowrite progbits")


if __name__ == "__main__":
    main()
