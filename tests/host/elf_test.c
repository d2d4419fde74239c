/* user/lib/elf_image.c: one good image, and for each rule the smallest change that breaks it. */
#include <elf.h>
#include "abi.h"
#include "elf_image.h"
#include "exact.h"
#include "random.h"
#include "test.h"

enum { TEXT_FILE = 0x300, RODATA_FILE = 0x80, FILE_SIZE = 0x1000 };

/* As the linker script makes it: code, constants, data followed by zeros. */
struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment[10];
};

static struct image good_image(void)
{
    struct image g = {.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                                 .e_type = ET_EXEC,
                                 .e_machine = EM_X86_64,
                                 .e_version = EV_CURRENT,
                                 .e_entry = 0x400010,
                                 .e_phoff = sizeof(Elf64_Ehdr),
                                 .e_phentsize = sizeof(Elf64_Phdr),
                                 .e_phnum = 3},
                      .segment = {{PT_LOAD, PF_R | PF_X, 0x400, 0x400000, 0, TEXT_FILE, TEXT_FILE, 4096},
                                  {PT_LOAD, PF_R, 0x700, 0x401000, 0, RODATA_FILE, RODATA_FILE, 4096},
                                  {PT_LOAD, PF_R | PF_W, 0x800, 0x402000, 0, 8, 0x3000, 4096}}};
    return g;
}

static const char *parse_bytes(const void *bytes, size_t size, struct elf_image *out)
{
    void *copy = exact_copy(bytes, size);
    const char *wrong = elf_parse(copy, size, out);
    free(copy);
    return wrong;
}

static const char *parse(const struct image *image, size_t size)
{
    static unsigned char file[FILE_SIZE];
    struct elf_image out;
    memset(file, 0, sizeof file);
    memcpy(file, image, sizeof *image);
    return parse_bytes(file, size, &out);
}

static void accepts_good(void)
{
    struct image g = good_image();
    unsigned char file[FILE_SIZE] = {0};
    struct elf_image out;
    memcpy(file, &g, sizeof g);
    CHECK_STRING("good image", parse_bytes(file, sizeof file, &out), NULL);
    CHECK_NUMBER("segments", out.count, 3);
    CHECK_NUMBER("entry", out.entry, 0x400010);
    CHECK_NUMBER("text rights", out.segment[0].rights, RIGHT_READ | RIGHT_EXECUTE);
    CHECK_NUMBER("constants rights", out.segment[1].rights, RIGHT_READ);
    CHECK_NUMBER("data rights", out.segment[2].rights, RIGHT_READ | RIGHT_WRITE);
    CHECK_NUMBER("data address", out.segment[2].vaddr, 0x402000);
    CHECK_NUMBER("data size", out.segment[2].size, 0x3000);
    CHECK_NUMBER("data in the file", out.segment[2].file_size, 8);
    CHECK_NUMBER("data offset", out.segment[2].offset, 0x800);
}

/* What good files may also have, or may just have. */
static void accepts_borders(void)
{
    struct image g = good_image();
    g.segment[3] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    g.header.e_phnum = 4;
    CHECK_STRING("a stack header", parse(&g, FILE_SIZE), NULL);
    g.segment[3] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 1};
    CHECK_STRING("an empty segment", parse(&g, FILE_SIZE), NULL);
    g = good_image();
    g.segment[2].p_memsz = MODULES_VADDR - g.segment[2].p_vaddr;
    CHECK_STRING("up to the last address", parse(&g, FILE_SIZE), NULL);
    g = good_image();
    g.segment[2].p_offset = FILE_SIZE - 8;
    CHECK_STRING("up to the end of the file", parse(&g, FILE_SIZE), NULL);
    g.segment[2].p_offset = FILE_SIZE;
    g.segment[2].p_filesz = 0;
    CHECK_STRING("nothing at the end of the file", parse(&g, FILE_SIZE), NULL);
    g = good_image();
    g.header.e_entry = 0x400000 + TEXT_FILE - 1;
    CHECK_STRING("entry at the last byte", parse(&g, FILE_SIZE), NULL);
    g.segment[0].p_memsz = 0x1000;
    CHECK_STRING("segments on neighbouring pages", parse(&g, FILE_SIZE), NULL);
}

#define REFUSES(change, reason)                                      \
    do {                                                             \
        struct image g = good_image();                               \
        change;                                                      \
        CHECK_STRING(#change, parse(&g, FILE_SIZE), reason);         \
    } while (0)

static void refuses_header(void)
{
    for (unsigned i = 0; i < 4; i++)
        REFUSES(g.header.e_ident[i] ^= 1, "not an ELF file: wrong magic");
    REFUSES(g.header.e_ident[EI_CLASS] = ELFCLASS32, "not a 64-bit ELF file");
    REFUSES(g.header.e_ident[EI_DATA] = ELFDATA2MSB, "not a little-endian ELF file");
    REFUSES(g.header.e_ident[EI_VERSION] = 0, "unknown ELF version");
    REFUSES(g.header.e_version = 2, "unknown ELF version");
    REFUSES(g.header.e_type = ET_DYN,
            "not a statically linked executable: link with user/lib/user.ld, without -pie");
    REFUSES(g.header.e_type = ET_REL,
            "not a statically linked executable: link with user/lib/user.ld, without -pie");
    REFUSES(g.header.e_machine = EM_AARCH64, "not made for x86-64");
    REFUSES(g.header.e_phentsize = 32, "program headers of an unknown size");
    REFUSES(g.header.e_phnum = 0, "no program header");
}

static void refuses_bad_program_headers(void)
{
    static const char past[] = "the program headers reach past the end of the file";
    REFUSES(g.header.e_phoff = FILE_SIZE - 3 * sizeof(Elf64_Phdr) + 1, past);
    REFUSES(g.header.e_phoff = FILE_SIZE + 1, past);
    REFUSES(g.header.e_phoff = UINT64_MAX, past);
    REFUSES(g.header.e_phoff = UINT64_MAX - 3 * sizeof(Elf64_Phdr) + 1, past); /* the sum wraps to 0 */
    REFUSES(g.header.e_phnum = 0xffff, past);
}

static void refuses_segment_in_file(void)
{
    static const char past[] = "a segment reaches past the end of the file";
    REFUSES(g.segment[2].p_offset = FILE_SIZE - 7, past);
    REFUSES(g.segment[2].p_offset = FILE_SIZE + 1, past);
    REFUSES(g.segment[2].p_offset = UINT64_MAX - 7, past); /* the sum wraps to 0 */
    REFUSES(g.segment[0].p_filesz = UINT64_MAX, past);
    REFUSES(g.segment[1].p_memsz = RODATA_FILE - 1, "a segment is larger in the file than in memory");
}

static void refuses_segment_address(void)
{
    static const char low[] = "a segment begins below the addresses that programs may use";
    static const char high[] = "a segment reaches past the addresses that programs may use";
    REFUSES(g.segment[0].p_vaddr = 0, low);
    REFUSES(g.segment[0].p_vaddr = BOOTINFO_VADDR, low);
    REFUSES(g.segment[0].p_vaddr = BOOTINFO_VADDR + ELF_PAGE - 1, low);
    REFUSES(g.segment[2].p_vaddr = MODULES_VADDR, high);
    REFUSES(g.segment[2].p_vaddr = 0xffffffff80000000, high);
    REFUSES(g.segment[2].p_vaddr = UINT64_MAX, high);
    REFUSES(g.segment[2].p_memsz = MODULES_VADDR - g.segment[2].p_vaddr + 1, high);
    REFUSES(g.segment[2].p_memsz = UINT64_MAX, high);
    REFUSES(g.segment[2].p_memsz = 0 - g.segment[2].p_vaddr, high); /* the sum wraps to 0 */
}

static void refuses_rights(void)
{
    REFUSES(g.segment[0].p_flags = PF_R | PF_W | PF_X, "a segment is writable and executable");
    REFUSES(g.segment[0].p_flags = PF_W | PF_X, "a segment is writable and executable");
    REFUSES(g.segment[0].p_flags = PF_X, "a segment is not readable");
    REFUSES(g.segment[2].p_flags = PF_W, "a segment is not readable");
    REFUSES(g.segment[1].p_flags = 0, "a segment is not readable");
}

static void refuses_shared_pages(void)
{
    static const char shared[] = "two segments share a page, or are not in ascending order";
    REFUSES(g.segment[0].p_memsz = 0x1001, shared);
    REFUSES(g.segment[1].p_vaddr = 0x400f80, shared);
    REFUSES(g.segment[1].p_vaddr = 0x400000, shared);
    REFUSES((g.segment[2].p_vaddr = 0x400000, g.segment[0].p_vaddr = 0x410000), shared);
    REFUSES((g.segment[3] = g.segment[2], g.header.e_phnum = 4), shared);
}

static void refuses_entry(void)
{
    static const char entry[] = "the entry point is in no executable segment";
    REFUSES(g.header.e_entry = 0, entry);
    REFUSES(g.header.e_entry = 0x400000 - 1, entry);
    REFUSES(g.header.e_entry = 0x400000 + TEXT_FILE, entry);
    REFUSES(g.header.e_entry = 0x401000, entry);
    REFUSES(g.header.e_entry = 0x402000, entry);
    REFUSES(g.segment[0].p_type = PT_NULL, entry);
}

static void refuses_dynamic(void)
{
    static const char dynamic[] =
        "it wants dynamic linking or thread-local storage, which programs here do not have";
    REFUSES(g.segment[1].p_type = PT_DYNAMIC, dynamic);
    REFUSES(g.segment[1].p_type = PT_INTERP, dynamic);
    REFUSES(g.segment[1].p_type = PT_TLS, dynamic);
}

static void counts_segments(void)
{
    struct image g = good_image();
    for (unsigned n = 3; n < 10; n++)
        g.segment[n] = (Elf64_Phdr){PT_LOAD, PF_R, 0, 0x500000 + n * 0x1000, 0, 0, 1, 4096};
    g.header.e_phnum = ELF_SEGMENTS_MAX;
    CHECK_STRING("as many as fit", parse(&g, FILE_SIZE), NULL);
    g.header.e_phnum = ELF_SEGMENTS_MAX + 1;
    CHECK_STRING("one more", parse(&g, FILE_SIZE), "too many segments");
}

/* Every length that a cut-off file can have, in a block of exactly that length. */
static void refuses_cut_files(void)
{
    struct image g = good_image();
    for (size_t size = 0; size < 0x808; size++)
        if (parse(&g, size) == NULL)
            CHECK_NUMBER("a cut file was accepted", size, 0x808);
    CHECK_STRING("the whole", parse(&g, 0x808), NULL);
}

/* What elf_parse promises about an image that it accepted, said in another way. */
static bool is_safe(const struct elf_image *e, size_t size)
{
    for (unsigned i = 0; i < e->count; i++) {
        const struct elf_segment *s = &e->segment[i];
        if (s->file_size > s->size || s->offset > size || s->offset + s->file_size > size)
            return false;
        if (s->vaddr < 0x400000 || s->vaddr + s->size > 0x40000000 || s->size > 0x40000000)
            return false;
        for (unsigned j = 0; j < i; j++)
            if ((e->segment[j].vaddr + e->segment[j].size - 1) / 4096 >= s->vaddr / 4096)
                return false;
    }
    return e->count > 0;
}

/* Good images with some bytes changed: nothing crashes, and whatever is accepted is safe. */
static void survives_mutations(void)
{
    unsigned accepted = 0, refused = 0;
    for (int round = 0; round < 200000; round++) {
        unsigned char file[FILE_SIZE] = {0};
        struct image g = good_image();
        struct elf_image out;
        memcpy(file, &g, sizeof g);
        for (unsigned n = 1 + random_below(3); n > 0; n--)
            file[random_below(sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr))] = (unsigned char)random_next();
        if (elf_parse(file, sizeof file, &out) == NULL) {
            accepted++;
            CHECK(is_safe(&out, sizeof file));
        } else {
            refused++;
        }
    }
    CHECK(accepted > 1000 && refused > 1000); /* or this test says nothing */
}

/* Some linkers write the program headers last. */
static void accepts_headers_at_end(void)
{
    struct image g = good_image();
    unsigned char file[FILE_SIZE] = {0};
    struct elf_image out;
    size_t at = FILE_SIZE - 3 * sizeof(Elf64_Phdr);
    g.header.e_phoff = at;
    memcpy(file, &g.header, sizeof g.header);
    memcpy(file + at, g.segment, 3 * sizeof(Elf64_Phdr));
    CHECK_STRING("headers at the end", parse_bytes(file, sizeof file, &out), NULL);
    CHECK_NUMBER("segments", out.count, 3);
}

/* The loader's bytes may begin anywhere. */
static void reads_unaligned(void)
{
    struct image g = good_image();
    unsigned char file[FILE_SIZE + 1] = {0};
    struct elf_image out;
    memcpy(file + 1, &g, sizeof g);
    CHECK_STRING("at an odd address", elf_parse(file + 1, FILE_SIZE, &out), NULL);
}

int main(void)
{
    random_seed();
    test_run("elf: a good image", accepts_good);
    test_run("elf: what is just allowed", accepts_borders);
    test_run("elf: program headers at the end", accepts_headers_at_end);
    test_run("elf: header fields", refuses_header);
    test_run("elf: program headers outside the file", refuses_bad_program_headers);
    test_run("elf: segments outside the file", refuses_segment_in_file);
    test_run("elf: segment addresses", refuses_segment_address);
    test_run("elf: segment rights", refuses_rights);
    test_run("elf: shared pages", refuses_shared_pages);
    test_run("elf: entry point", refuses_entry);
    test_run("elf: dynamic linking", refuses_dynamic);
    test_run("elf: number of segments", counts_segments);
    test_run("elf: files cut off", refuses_cut_files);
    test_run("elf: random mutations", survives_mutations);
    test_run("elf: unaligned bytes", reads_unaligned);
    return test_end();
}
