/* user/services/proc/image.c: a good program with its note, and mutants of it. What is accepted must be safe to load. */
#include <elf.h>
#include "exact.h"
#include "proc/image.h"
#include "random.h"
#include "test.h"

enum { FILE_SIZE = 0x3000, MUTANTS = 200000, NEEDS = 5, PAGE = 4096 };

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segment[4];
    char apart[0x800 - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
    struct {
        Elf64_Nhdr header;
        char name[8];
        uint32_t needs;
    } note;
    char rest[FILE_SIZE - 0x800 - 24];
} good = {.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                     .e_type = ET_EXEC,
                     .e_machine = EM_X86_64,
                     .e_version = EV_CURRENT,
                     .e_entry = 0x400010,
                     .e_phoff = sizeof(Elf64_Ehdr),
                     .e_phentsize = sizeof(Elf64_Phdr),
                     .e_phnum = 4},
          .segment = {{PT_LOAD, PF_R | PF_X, 0x1000, 0x400000, 0, 0x800, 0x800, PAGE},
                      {PT_LOAD, PF_R, 0x800, 0x401800, 0, 0x400, 0x400, PAGE},
                      {PT_LOAD, PF_R | PF_W, 0x2000, 0x402010, 0, 8, 0x3000, PAGE},
                      {PT_NOTE, PF_R, 0x800, 0x401800, 0, 24, 24, 4}},
          .note = {{6, 4, 1}, "BATON", NEEDS}};

static const char *read_copy(const void *bytes, size_t size, struct image *out)
{
    void *copy = exact_copy(bytes, size);
    const char *wrong = image_read(copy, size, out);
    free(copy);
    return wrong;
}

static void reads_good(void)
{
    struct image i;
    CHECK_STRING("a good program", read_copy(&good, sizeof good, &i), NULL);
    CHECK_NUMBER("needs", i.needs, NEEDS);
    CHECK_NUMBER("segments", i.count, 3);
    CHECK_NUMBER("pages", i.pages, 1 + 1 + 4);
    CHECK_NUMBER("its end", i.end, 0x406000);
    CHECK_NUMBER("bytes before the constants", i.segment[1].skip, 0x800);
}

static void refuses(void)
{
    struct image i;
    Elf64_Phdr *data = &good.segment[2], kept = *data;
    data->p_memsz = (IMAGE_PAGES - 2) * PAGE - 0x10;
    CHECK_STRING("as large as may be", read_copy(&good, sizeof good, &i), NULL);
    data->p_memsz++;
    CHECK_STRING("a byte more", read_copy(&good, sizeof good, &i), "it is larger than a process may be");
    *data = kept;
    data->p_vaddr = IMAGE_END - PAGE;
    data->p_memsz = PAGE;
    CHECK_STRING("up to the end", read_copy(&good, sizeof good, &i), NULL);
    data->p_memsz++;
    CHECK_STRING("beyond it", read_copy(&good, sizeof good, &i),
                 "a segment is beyond the addresses of a process");
    *data = kept;
    good.note.name[0]++;
    CHECK(read_copy(&good, sizeof good, &i) == NULL && i.needs == 0);
    good.note.name[0]--;
}

static void check_safe(const struct image *i, size_t size)
{
    uint64_t last = IMAGE_START, pages = 0;
    for (unsigned n = 0; n < i->count; n++) {
        const struct image_segment *s = &i->segment[n];
        CHECK(s->vaddr % PAGE == 0 && s->vaddr >= last);
        last = s->vaddr + (uint64_t)s->pages * PAGE;
        pages += s->pages;
        CHECK(s->offset <= size && s->bytes <= size - s->offset);
        CHECK(s->skip + s->bytes <= (uint64_t)s->pages * PAGE);
    }
    CHECK(i->count > 0 && i->count <= IMAGE_SEGMENTS && last <= IMAGE_END && last == i->end);
    CHECK(pages == i->pages && pages <= IMAGE_PAGES);
}

static void mutants(void)
{
    static unsigned char file[sizeof good];
    static const uint64_t odd[] = {0,        1,         7,         8,          PAGE - 1,  PAGE,
                                   0x400000, IMAGE_END, FILE_SIZE, UINT32_MAX, UINT64_MAX};
    unsigned accepted = 0, refused = 0;
    random_seed();
    for (unsigned n = 0; n < MUTANTS && !test_state.failing; n++) {
        struct image out;
        size_t size = random_below(8) ? sizeof file : random_below(sizeof file);
        memcpy(file, &good, sizeof file);
        for (unsigned changes = 1 + random_below(3); changes > 0; changes--) {
            uint64_t word = random_below(2) ? odd[random_below(11)] : random_next();
            size_t width = 1ul << random_below(4),
                   at = random_below(4) ? random_below(0x130) : 0x800 + random_below(24);
            memcpy(file + at / width * width, &word, width);
        }
        if (read_copy(file, size, &out) != NULL) {
            refused++;
            continue;
        }
        accepted++;
        check_safe(&out, size);
    }
    CHECK(accepted > MUTANTS / 20 && refused > MUTANTS / 4);
}

int main(void)
{
    test_run("reads_good", reads_good);
    test_run("refuses", refuses);
    test_run("mutants", mutants);
    return test_end();
}
