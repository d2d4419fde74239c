#include "cpu_id.h"
#include <stddef.h>

enum {
    LEAF_HYPERVISOR = 0x40000000,
    LEAF_EXTENDED = (int)0x80000000,
    LEAF_FEATURES = (int)0x80000001,
    LEAF_BRAND = (int)0x80000002,
    BRAND_LEAVES = 3
};

struct registers {
    uint32_t a, b, c, d;
};

static struct registers leaf(uint32_t number)
{
    struct registers r = {.a = number, .c = 0};
    __asm__ volatile("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
    return r;
}

static void put_word(char *to, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(word >> 8 * i);
}

/* Leaves of a hypervisor have their three words in this order, those of a CPU in another. */
static void put_words(char *to, uint32_t first, uint32_t second, uint32_t third)
{
    put_word(to, first), put_word(to + 4, second), put_word(to + 8, third);
    to[12] = 0;
}

/* Vendors fill the brand with blanks at either end. */
static void squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != ' ' || (to != text && to[-1] != ' '))
            *to++ = *from;
    }
    if (to != text && to[-1] == ' ')
        to--;
    *to = 0;
}

static void read_brand(char *brand)
{
    *brand = 0;
    if (leaf((uint32_t)LEAF_EXTENDED).a < (uint32_t)LEAF_BRAND + BRAND_LEAVES - 1)
        return;
    for (uint32_t i = 0; i < BRAND_LEAVES; i++) {
        struct registers r = leaf((uint32_t)LEAF_BRAND + i);
        put_word(brand + 16 * i, r.a), put_word(brand + 16 * i + 4, r.b);
        put_word(brand + 16 * i + 8, r.c), put_word(brand + 16 * i + 12, r.d);
    }
    brand[48] = 0;
    squeeze(brand);
}

/* The extended family counts only where the family is 15, the extended model where it is 6 or 15 (SDM vol. 2,
 * CPUID). */
static void read_signature(struct cpu_id *id, uint32_t signature)
{
    uint32_t family = signature >> 8 & 15, model = signature >> 4 & 15;
    id->signature = signature;
    id->stepping = signature & 15;
    id->family = family + (family == 15 ? signature >> 20 & 0xff : 0);
    id->model = model | (family == 6 || family == 15 ? signature >> 12 & 0xf0 : 0);
}

void cpu_id_read(struct cpu_id *id)
{
    struct registers r = leaf(0);
    put_words(id->vendor, r.b, r.d, r.c);
    r = leaf(1);
    read_signature(id, r.a);
    id->is_virtual = r.c >> 31;
    id->hypervisor[0] = 0;
    bool has_features = leaf((uint32_t)LEAF_EXTENDED).a >= (uint32_t)LEAF_FEATURES;
    id->has_rdtscp = has_features && (leaf((uint32_t)LEAF_FEATURES).d >> 27 & 1);
    if (id->is_virtual) {
        r = leaf(LEAF_HYPERVISOR);
        put_words(id->hypervisor, r.b, r.c, r.d);
    }
    read_brand(id->brand);
}
