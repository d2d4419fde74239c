/* kernel/boot/elf.c: one good file, and each rule broken. */
#include "abi/abi.h"
#include "boot/elf.h"
#include "exact.h"
#include "test.h"

enum { FILE_SIZE = 0x400, PHOFF = 64, PHSIZE = 56, SEGMENTS = 4 };

static unsigned char good[FILE_SIZE];

static void put(unsigned at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        good[at + i] = (unsigned char)(value >> 8 * i);
}

static void put_segment(unsigned n, uint64_t type, uint64_t flags, uint64_t offset, uint64_t vaddr,
                        uint64_t filesz, uint64_t memsz)
{
    unsigned at = PHOFF + n * PHSIZE;
    put(at, 4, type), put(at + 4, 4, flags), put(at + 8, 8, offset), put(at + 16, 8, vaddr);
    put(at + 24, 8, 0), put(at + 32, 8, filesz), put(at + 40, 8, memsz), put(at + 48, 8, 4096);
}

/* Offsets by the System V gABI, figures 4-3 and 5-1. */
static void make_good(void)
{
    memset(good, 0, sizeof good);
    memcpy(good, "\177ELF\2\1\1", 7);
    put(16, 2, 2), put(18, 2, 62), put(20, 4, 1), put(24, 8, 0x400010), put(32, 8, PHOFF);
    put(52, 2, 64), put(54, 2, PHSIZE), put(56, 2, SEGMENTS);
    put_segment(0, 1, 4 | 1, 0x200, 0x400000, 0x80, 0x80);
    put_segment(1, 0x6474e551, 6, 0, 0, 0, 0);
    put_segment(2, 1, 4, 0x280, 0x401000, 0x80, 0x80);
    put_segment(3, 1, 4 | 2, 0x300, 0x402000, 0x100, 0x3000);
}

static const char *open_bytes(uint64_t size, struct elf_file *elf)
{
    void *copy = exact_copy(good, size);
    const char *wrong = elf_open(elf, copy, size);
    free(copy);
    return wrong;
}

static void check_wrong(const char *what, const char *wanted)
{
    struct elf_file elf;
    const char *got = open_bytes(FILE_SIZE, &elf);
    CHECK_STRING(what, got, wanted);
    make_good();
}

static void accepts(void)
{
    struct elf_file elf;
    struct elf_segment s;
    make_good();
    CHECK_STRING("good", elf_open(&elf, good, FILE_SIZE), NULL);
    CHECK(elf.entry == 0x400010 && elf.header_count == SEGMENTS);
    CHECK(elf_segment(&elf, 0, &s) && s.vaddr == 0x400000 && s.rights == (RIGHT_READ | RIGHT_EXECUTE));
    CHECK(s.offset == 0x200 && s.file_size == 0x80 && s.memory_size == 0x80);
    CHECK(elf_segment(&elf, 1, &s) && s.vaddr == 0x401000 && s.rights == RIGHT_READ);
    CHECK(elf_segment(&elf, 2, &s) && s.vaddr == 0x402000 && s.rights == (RIGHT_READ | RIGHT_WRITE));
    CHECK(s.file_size == 0x100 && s.memory_size == 0x3000 && s.offset == 0x300);
    CHECK(!elf_segment(&elf, 3, &s) && !elf_segment(&elf, ~0u, &s));
}

static void refuses(void)
{
    static const char program[] = "not an x86-64 executable", headers[] = "bad program headers";
    static const char beyond[] = "a segment reaches beyond the end of the file";
    static const char outside[] = "a segment lies outside of the addresses for programs";
    const unsigned seg = PHOFF + 3 * PHSIZE;
    make_good();
    for (unsigned i = 0; i < 4; i++)
        good[i] ^= 1, check_wrong("magic", "not an ELF file");
    put(4, 1, 1), check_wrong("32 bits", program);
    put(18, 2, 3), check_wrong("machine", program);
    put(16, 2, 3), check_wrong("type", program);
    put(54, 2, 57), check_wrong("header size", headers);
    put(32, 8, 65), check_wrong("header offset", headers);
    put(32, 8, FILE_SIZE + 8), check_wrong("headers outside", headers);
    put(32, 8, ~0ull - 7), check_wrong("headers far outside", headers);
    put(56, 2, (FILE_SIZE - PHOFF) / PHSIZE + 1), check_wrong("too many headers", headers);
    put(56, 2, 0xffff), check_wrong("far too many headers", headers);
    put(seg + 8, 8, FILE_SIZE + 1), check_wrong("offset", beyond);
    put(seg + 8, 8, 0x301), check_wrong("offset and size", beyond);
    put(seg + 32, 8, ~0ull), put(seg + 40, 8, ~0ull), check_wrong("size", beyond);
    put(seg + 8, 8, ~0ull - 0x7f), check_wrong("offset wraps", beyond);
    put(seg + 40, 8, 0xff), check_wrong("memory smaller than file", outside);
    put(seg + 16, 8, MODULES_VADDR), check_wrong("address", outside);
    put(seg + 40, 8, MODULES_VADDR - 0x402000 + 1), check_wrong("end", outside);
    put(seg + 16, 8, ~0ull - 0x7ff), check_wrong("address wraps", outside);
    put(seg + 40, 8, ~0ull), check_wrong("memory size wraps", outside);
    put(seg + 4, 4, 7), check_wrong("write and execute", "a segment is writable and executable");
    put(24, 8, MODULES_VADDR),
        check_wrong("entry", "the entry point lies outside of the addresses for programs");
    put(seg, 4, 2), put(seg + 8, 8, ~0ull), check_wrong("what is not loaded does not matter", NULL);
    put(seg + 40, 8, MODULES_VADDR - 0x402000), check_wrong("up to the end", NULL);
}

/* Every shorter file is refused, and nothing is read beyond it. */
static void truncated(void)
{
    struct elf_file elf;
    make_good();
    for (unsigned size = 0; size < FILE_SIZE; size++)
        CHECK(open_bytes(size, &elf) != NULL);
}

int main(void)
{
    test_run("boot elf: a good file", accepts);
    test_run("boot elf: each rule broken", refuses);
    test_run("boot elf: cut short anywhere", truncated);
    return test_end();
}
