#include "image.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };
#define HIGHER_HALF 0xffff800000000000ull

struct image image;
const char *image_variant = "";
static const char *path;
static unsigned char *file;
static size_t file_size;
static const Elf64_Sym *symbols;
static size_t symbol_count;
static const char *names;

static _Noreturn void refuse(const char *why)
{
    fprintf(stderr, "%s: %s: %s; build it with `make all`\n", program_invocation_short_name, path, why);
    exit(2);
}

static void read_file(void)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        refuse("it cannot be opened");
    fseek(f, 0, SEEK_END);
    file_size = (size_t)ftell(f);
    rewind(f);
    file = malloc(file_size);
    if (!file || fread(file, 1, file_size, f) != file_size)
        refuse("it cannot be read");
    fclose(f);
}

static bool inside(uint64_t offset, uint64_t size)
{
    return offset <= file_size && size <= file_size - offset;
}

static void load_segment(const Elf64_Phdr *p)
{
    struct segment *s = &image.segment[image.segments++];
    if (image.segments > SEGMENTS_MAX || !inside(p->p_offset, p->p_filesz) || p->p_vaddr % PAGE)
        refuse("its program headers are not those of the kernel");
    *s = (struct segment){p->p_vaddr, (p->p_memsz + PAGE - 1) / PAGE * PAGE, p->p_flags, NULL};
    s->bytes = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->bytes == MAP_FAILED)
        refuse("no memory for its segments");
    memcpy(s->bytes, file + p->p_offset, p->p_filesz);
}

static void find_symbols(const Elf64_Ehdr *e)
{
    const Elf64_Shdr *sections = (const void *)(file + e->e_shoff);
    for (unsigned i = 0; i < e->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB || !inside(sections[i].sh_offset, sections[i].sh_size))
            continue;
        symbols = (const void *)(file + sections[i].sh_offset);
        symbol_count = sections[i].sh_size / sizeof *symbols;
        names = (const char *)file + sections[sections[i].sh_link].sh_offset;
    }
    if (!symbols)
        refuse("it has no symbol table");
}

void image_load(const char *from)
{
    path = from;
    read_file();
    const Elf64_Ehdr *e = (const void *)file;
    if (file_size < sizeof *e || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 || e->e_machine != EM_X86_64 ||
        !inside(e->e_phoff, e->e_phnum * sizeof(Elf64_Phdr)) ||
        !inside(e->e_shoff, e->e_shnum * sizeof(Elf64_Shdr)))
        refuse("it is no x86_64 ELF file");
    const Elf64_Phdr *p = (const void *)(file + e->e_phoff);
    for (unsigned i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_vaddr >= HIGHER_HALF)
            load_segment(&p[i]);
    }
    find_symbols(e);
}

/* The suffix belongs to the entry point, before a label within it. */
static const Elf64_Sym *find(const char *name, const char *suffix)
{
    size_t point = strcspn(name, "."), more = strlen(suffix);
    for (size_t i = 0; i < symbol_count; i++) {
        const char *here = names + symbols[i].st_name;
        if (*here == *name && strncmp(here, name, point) == 0 && strncmp(here + point, suffix, more) == 0 &&
            strcmp(here + point + more, name + point) == 0)
            return &symbols[i];
    }
    return NULL;
}

static uint64_t value_of(const Elf64_Sym *s, const char *name)
{
    if (s)
        return s->st_value;
    fprintf(stderr, "%s: %s has no symbol %s\n", program_invocation_short_name, path, name);
    exit(2);
}

uint64_t image_variable(const char *name)
{
    return value_of(find(name, ""), name);
}

uint64_t image_symbol(const char *name)
{
    const Elf64_Sym *s = find(name, image_variant);
    return s ? s->st_value : image_variable(name);
}

struct mutants image_mutants(void)
{
    const Elf64_Sym *from = find("mutants_text", "");
    return from ? (struct mutants){from->st_value, image_variable("mutants_text_end")}
                : (struct mutants){UINT64_MAX, UINT64_MAX};
}

/* Of two at one address the one with a size is an object, the other a mark of the linker script. */
static bool nearer(const Elf64_Sym *s, const Elf64_Sym *best)
{
    if (!best || s->st_value != best->st_value)
        return !best || s->st_value > best->st_value;
    return s->st_size || !best->st_size;
}

const char *image_name(uint64_t vaddr, uint64_t *offset)
{
    const Elf64_Sym *best = NULL;
    for (size_t i = 0; i < symbol_count; i++) {
        const Elf64_Sym *s = &symbols[i];
        bool named = names[s->st_name] && s->st_shndx != SHN_ABS && s->st_shndx != SHN_UNDEF;
        if (named && s->st_value <= vaddr && nearer(s, best))
            best = s;
    }
    if (!best)
        return NULL;
    *offset = vaddr - best->st_value;
    return names + best->st_name;
}

void *image_at(uint64_t vaddr)
{
    for (unsigned i = 0; i < image.segments; i++) {
        const struct segment *s = &image.segment[i];
        if (vaddr - s->vaddr < s->size)
            return s->bytes + (vaddr - s->vaddr);
    }
    return NULL;
}
