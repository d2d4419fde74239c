/* kernel/arch/x86_64/acpi.c on sound and on malformed tables. Each read goes to an exact copy of the bytes that were asked for. */
#include "arch/x86_64/acpi.h"

#include "abi/abi.h"
#include "arch_host.h"
#include "exact.h"

enum { SIZE = 0x140000, COPIES = 16384, RSDT = 0x110000, XSDT = 0x111000, MADT = 0x112000, OTHER = 0x113000 };
enum { EBDA = 0x9fc00, BIOS = 0xe0000, LOADER = 0x120000 };

static uint8_t *memory; /* all that can be read */
static uint8_t *copies[COPIES];
static unsigned copy_count;
static struct acpi acpi;

static const uint8_t *at(uint64_t phys, uint64_t bytes)
{
    if (phys == 0 || phys >= SIZE || bytes > SIZE - phys)
        return NULL;
    if (copy_count == COPIES)
        abort();
    return copies[copy_count++] = exact_copy(memory + phys, bytes);
}

static void forget(void)
{
    while (copy_count)
        free(copies[--copy_count]);
}

static unsigned level; /* ISA lines, by what is older than ACPI */

static const char *read_tables(uint64_t rsdp)
{
    acpi = (struct acpi){0};
    const char *wrong = acpi_read(&acpi, rsdp, at, level);
    forget();
    return wrong;
}

static void put(unsigned where, uint64_t value, unsigned bytes)
{
    memcpy(memory + where, &value, bytes);
}

/* Makes the bytes sum to 0 by the one at `where`. */
static void seal(unsigned start, unsigned bytes, unsigned where)
{
    uint8_t sum = 0;
    memory[where] = 0;
    for (unsigned i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + memory[start + i]);
    memory[where] = (uint8_t)-sum;
}

static unsigned length_of(unsigned table)
{
    uint32_t length;
    memcpy(&length, memory + table + 4, 4);
    return length;
}

static void seal_table(unsigned table)
{
    seal(table, length_of(table), table + 9);
}

static void table(unsigned where, const char *signature, unsigned bytes)
{
    memcpy(memory + where, signature, 4);
    put(where + 4, bytes, 4);
}

static void append(unsigned where, const uint8_t *bytes, unsigned count)
{
    unsigned length = length_of(where);
    memcpy(memory + where + length, bytes, count);
    put(where + 4, length + count, 4);
    seal_table(where);
}

static void rsdp(unsigned where, unsigned revision)
{
    memcpy(memory + where, "RSD PTR ", 8);
    memory[where + 15] = (uint8_t)revision;
    put(where + 16, RSDT, 4);
    put(where + 20, 36, 4);
    put(where + 24, XSDT, 8);
    seal(where, 20, where + 8);
    seal(where, 36, where + 32);
}

/* A root table with another table before the MADT. */
static void root(unsigned where, const char *signature, unsigned bytes)
{
    table(where, signature, 36 + 2 * bytes);
    put(where + 36, OTHER, bytes);
    put(where + 36 + bytes, MADT, bytes);
    seal_table(where);
}

/* As on a PC: local APIC, two I/O APICs, timer at line 2, line 9 level triggered, active low. */
static void good_tables(void)
{
    static const uint8_t lapic[] = {0, 8, 0, 0, 1, 0, 0, 0}, nmi[] = {4, 6, 255, 0, 0, 1};
    static const uint8_t first[] = {1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0};
    static const uint8_t second[] = {1, 12, 1, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0};
    static const uint8_t timer[] = {2, 10, 0, 0, 2, 0, 0, 0, 0, 0};
    static const uint8_t sci[] = {2, 10, 0, 9, 20, 0, 0, 0, 0xf, 0};
    if (!memory)
        memory = malloc(SIZE);
    if (!memory)
        abort();
    memset(memory, 0, SIZE);
    put(0x40e, EBDA >> 4, 2);
    table(OTHER, "FACP", 276);
    put(OTHER + 76, 0x608, 4);
    put(OTHER + 91, 4, 1);
    seal_table(OTHER);
    root(RSDT, "RSDT", 4);
    root(XSDT, "XSDT", 8);
    table(MADT, "APIC", 44);
    put(MADT + 36, 0xfee00000, 4);
    append(MADT, lapic, sizeof lapic);
    append(MADT, first, sizeof first);
    append(MADT, timer, sizeof timer);
    append(MADT, second, sizeof second);
    append(MADT, sci, sizeof sci);
    append(MADT, nmi, sizeof nmi);
}

static void check_good(const char *where, uint64_t pointer)
{
    CHECK_STRING(where, read_tables(pointer), NULL);
    CHECK_NUMBER(where, acpi.ioapic_count, 2);
    CHECK(acpi.ioapic[0].address == 0xfec00000 && acpi.ioapic[0].first == 0);
    CHECK(acpi.ioapic[1].address == 0xfec01000 && acpi.ioapic[1].first == 24);
    for (unsigned i = 0; i < ISA_LINES; i++)
        CHECK_NUMBER("ISA line", acpi.isa[i], i == 0 ? 2 : i == 9 ? 20 | IRQ_LEVEL | IRQ_LOW : (int)i);
}

static void check_assumed(const char *what, uint64_t pointer)
{
    CHECK(read_tables(pointer));
    CHECK_NUMBER(what, acpi.ioapic_count, 1);
    CHECK(acpi.ioapic[0].address == 0xfec00000 && acpi.ioapic[0].first == 0);
    for (unsigned i = 0; i < ISA_LINES; i++)
        CHECK_NUMBER(what, acpi.isa[i], i == 0 ? 2 : i);
}

/* The pointer itself: 20 bytes of an old one, 36 of a newer one, none when there is none. */
static void pointer_is_kept(void)
{
    static const uint8_t none[ACPI_RSDP_BYTES];
    for (unsigned revision = 0; revision <= 2; revision += 2) {
        good_tables();
        rsdp(LOADER, revision);
        check_good("pointer", LOADER);
        unsigned bytes = revision == 0 ? 20 : ACPI_RSDP_BYTES;
        CHECK(memcmp(acpi.rsdp, memory + LOADER, bytes) == 0);
        CHECK(memcmp(acpi.rsdp + bytes, none, ACPI_RSDP_BYTES - bytes) == 0);
    }
    memory[LOADER]++;
    check_assumed("no pointer", LOADER);
    CHECK(memcmp(acpi.rsdp, none, sizeof none) == 0);
}

static void found_where_it_may_be(void)
{
    static const unsigned places[] = {EBDA, EBDA + 0x3f0, BIOS, BIOS + 0x1fff0};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        good_tables();
        rsdp(places[i], 2);
        check_good("search", 0);
    }
    good_tables();
    rsdp(LOADER, 2);
    check_good("loader", LOADER);
    check_assumed("not searched there", 0);
    good_tables();
    rsdp(EBDA + 8, 2); /* not aligned */
    check_assumed("aligned", 0);
    put(0x40e, 0xffff, 2); /* the EBDA would lie beyond what can be read */
    check_assumed("EBDA", 0);
}

static void either_root_table(void)
{
    good_tables();
    rsdp(LOADER, 0);
    table(XSDT, "XSDT", 0);
    check_good("revision 0", LOADER);
    rsdp(LOADER, 2);
    check_good("bad XSDT", LOADER);
    good_tables();
    rsdp(LOADER, 2);
    table(RSDT, "RSDT", 0);
    check_good("bad RSDT", LOADER);
    memory[LOADER + 32]++;
    check_assumed("second checksum, and a bad RSDT", LOADER);
}

static void each_wrong_byte(void)
{
    static const struct {
        unsigned start, bytes;
    } parts[] = {{LOADER, 20}, {RSDT, 44}, {MADT, 102}};
    for (unsigned p = 0; p < 3; p++) {
        for (unsigned i = 0; i < parts[p].bytes; i++) {
            good_tables();
            rsdp(LOADER, 0);
            memory[parts[p].start + i] ^= 0x40;
            check_assumed("a flipped bit", LOADER);
        }
    }
}

static void lengths(void)
{
    static const uint32_t bad[] = {0, 1, 4, 35, 43, 1 << 20, (1 << 20) + 1, 0x7fffffff, 0x80000000, 0xffffffff};
    static const unsigned tables[] = {MADT, RSDT};
    for (unsigned t = 0; t < 2; t++) {
        for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            good_tables();
            rsdp(LOADER, 0);
            put(tables[t] + 4, bad[i], 4);
            if (bad[i] >= 36 && bad[i] < 1 << 16)
                seal_table(tables[t]);
            else
                seal(tables[t], 36, tables[t] + 9);
            check_assumed("length", LOADER);
        }
    }
}

/* Sound, but longer than any table has a reason to be. */
static void too_long(void)
{
    enum { WHERE = 0x2000, ENTRY = 32, ENTRIES = (1 << 20) / ENTRY };
    static const uint8_t ioapic[] = {1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0};
    for (unsigned less = 0; less <= 2; less++) {
        good_tables();
        table(WHERE, "APIC", 44);
        memcpy(memory + WHERE + 44, ioapic, sizeof ioapic);
        for (unsigned i = 0; i < ENTRIES - less; i++) {
            memory[WHERE + 56 + ENTRY * i] = 0x7f;
            memory[WHERE + 56 + ENTRY * i + 1] = ENTRY;
        }
        put(WHERE + 4, 56 + ENTRY * (ENTRIES - less), 4);
        seal_table(WHERE);
        root(RSDT, "RSDT", 4);
        put(RSDT + 40, WHERE, 4);
        seal_table(RSDT);
        rsdp(LOADER, 0);
        CHECK_NUMBER("refused", read_tables(LOADER) != NULL, less < 2);
    }
}

static void pointers(void)
{
    static const uint64_t bad[] = {0, 1, SIZE - 1, SIZE - 36, SIZE, 0xffffffff};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        good_tables();
        rsdp(LOADER, 0);
        check_assumed("RSDP", bad[i]);
        put(RSDT + 40, bad[i], 4);
        seal_table(RSDT);
        check_assumed("MADT", LOADER);
        put(LOADER + 16, bad[i], 4);
        seal(LOADER, 20, LOADER + 8);
        check_assumed("RSDT", LOADER);
    }
    good_tables();
    rsdp(LOADER, 2);
    put(XSDT + 44, ~0ull, 8);
    seal_table(XSDT);
    check_good("MADT by the RSDT", LOADER);
    table(SIZE - 40, "APIC", 41); /* its end is one byte too far */
    put(RSDT + 40, SIZE - 40, 4);
    seal_table(RSDT);
    check_assumed("MADT at the end", LOADER);
}

/* An odd entry is left out, wherever it stands; all the others count. */
static void entries(void)
{
    static const uint8_t bad[][12] = {{0, 0},
                                      {0, 1},
                                      {1, 11},
                                      {2, 9},
                                      {1, 200},
                                      {2, 12, 1, 3},             /* not of ISA */
                                      {2, 12, 0, 16},            /* no such line */
                                      {2, 12, 0, 3, 0, 0, 1, 0}, /* wired to where no line is */
                                      {2, 12, 0, 3, 0, 0, 0, 0xff}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        good_tables();
        rsdp(LOADER, 0);
        append(MADT, bad[i], bad[i][1] > 2 && bad[i][1] < 12 ? bad[i][1] : 12);
        check_good("after the others", LOADER);
        CHECK_NUMBER("odd", acpi.odd_entries, 1);
        if (bad[i][1] < 2 || bad[i][1] > 12)
            continue; /* after it nothing is found */
        good_tables();
        rsdp(LOADER, 0);
        memmove(memory + MADT + 44 + bad[i][1], memory + MADT + 44, length_of(MADT) - 44);
        memcpy(memory + MADT + 44, bad[i], bad[i][1]);
        put(MADT + 4, length_of(MADT) + bad[i][1], 4);
        seal_table(MADT);
        check_good("before the others", LOADER);
        CHECK_NUMBER("odd", acpi.odd_entries, 1);
    }
    good_tables();
    rsdp(LOADER, 0);
    CHECK_NUMBER("odd", (check_good("no odd one", LOADER), acpi.odd_entries), 0);
    append(MADT, (const uint8_t[]){0x80}, 1); /* half an entry says nothing */
    check_good("one byte", LOADER);
    append(MADT, (const uint8_t[]){4, 9, 9, 9}, 4);
    check_good("an entry of a type that we have no use for", LOADER);
    append(MADT, (const uint8_t[64]){0}, 64);
    check_good("a tail of zeros", LOADER);
}

/* Every polarity and trigger mode, of which 2 means nothing; the last line that there can be. */
static void overrides(void)
{
    uint8_t e[] = {2, 10, 0, 5, 0, 0, 0, 0, 0, 0};
    for (unsigned flags = 0; flags < 16; flags++) {
        good_tables(), rsdp(LOADER, 0);
        e[4] = e[5] = 0xff, e[8] = (uint8_t)flags;
        append(MADT, e, sizeof e);
        CHECK_STRING("override", read_tables(LOADER), NULL);
        CHECK_NUMBER("line", acpi.isa[5],
                     IRQ_LINE_MAX | (flags % 4 == 3 ? IRQ_LOW : 0) | (flags / 4 == 3 ? IRQ_LEVEL : 0));
    }
}

/* What the rest says counts even where the only I/O APIC's entry is odd, and where the loader's root pointer is. */
static void the_rest_stands(void)
{
    good_tables();
    rsdp(BIOS, 2);
    memory[MADT + 44 + 8 + 1] = memory[MADT + 44 + 30 + 1] = 10; /* two bytes short */
    memory[MADT + 44 + 8 + 10] = memory[MADT + 44 + 30 + 10] = 4;
    memory[MADT + 44 + 8 + 11] = memory[MADT + 44 + 30 + 11] = 2; /* an entry without content */
    seal_table(MADT);
    CHECK(read_tables(LOADER)); /* there is nothing at LOADER: found in the BIOS's area */
    CHECK_NUMBER("I/O APICs", acpi.ioapic_count, 1);
    CHECK(acpi.ioapic[0].address == 0xfec00000 && acpi.ioapic[0].first == 0);
    CHECK(acpi.isa[0] == 2 && acpi.isa[9] == (20 | IRQ_LEVEL | IRQ_LOW));
    CHECK_NUMBER("odd", acpi.odd_entries, 2);
    CHECK_NUMBER("port", acpi.pm_timer, 0x608);
    good_tables();
    rsdp(BIOS, 2);
    check_good("the loader's is not sound", LOADER);
}

/* The port is what it says, or none, whatever is wrong with its table; the rest does not depend on it. */
static void timer(void)
{
    static const struct {
        unsigned where, value, bytes;
    } wrong[] = {{76, 0, 4},        {76, 0x10608, 4}, {91, 0, 1}, {91, 3, 1},
                 {112, 1 << 20, 4}, {4, 115, 4},      {4, 36, 4}};
    for (unsigned i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
        bool good = i == sizeof wrong / sizeof wrong[0];
        good_tables();
        rsdp(LOADER, i % 2 ? 2 : 0);
        if (!good)
            put(OTHER + wrong[i].where, wrong[i].value, wrong[i].bytes);
        seal_table(OTHER);
        check_good("the rest", LOADER);
        CHECK_NUMBER("port", acpi.pm_timer, good ? 0x608 : 0);
    }
    memory[OTHER + 200]++; /* its checksum */
    check_good("the rest", LOADER);
    CHECK_NUMBER("port", acpi.pm_timer, 0);
    good_tables();
    rsdp(LOADER, 0);
    memory[MADT + 36]++;
    check_assumed("a bad MADT", LOADER);
    CHECK_NUMBER("port", acpi.pm_timer, 0x608);
}

static void numbers_of_controllers(void)
{
    static const uint8_t ioapic[] = {1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0};
    good_tables();
    rsdp(LOADER, 0);
    put(MADT + 4, 44, 4);
    seal_table(MADT);
    check_assumed("none", LOADER);
    for (unsigned i = 0; i < ACPI_IOAPICS; i++) {
        append(MADT, ioapic, sizeof ioapic);
        CHECK_STRING("some", read_tables(LOADER), NULL);
        CHECK_NUMBER("some", acpi.ioapic_count, i + 1);
        CHECK_NUMBER("line 0 without an override", acpi.isa[0], 0);
    }
    append(MADT, ioapic, sizeof ioapic);
    CHECK_STRING("as many as there is room for", read_tables(LOADER), NULL);
    CHECK_NUMBER("as many as there is room for", acpi.ioapic_count, ACPI_IOAPICS);
    CHECK_NUMBER("odd", acpi.odd_entries, 1);
}

/* What is older counts where the tables say nothing: not against a sound MADT, nor against an override of one without an I/O APIC. */
static void what_is_older(void)
{
    level = 1 << 5 | 1 << 9 | 1 << 10;
    good_tables();
    rsdp(LOADER, 0);
    check_good("a sound MADT", LOADER);
    memory[MADT + 44 + 8] = memory[MADT + 44 + 30] = 7; /* both I/O APICs are something else */
    seal_table(MADT);
    CHECK(read_tables(LOADER));
    CHECK(acpi.isa[9] == (20 | IRQ_LEVEL | IRQ_LOW) && acpi.isa[10] == (10 | IRQ_LEVEL) && acpi.isa[11] == 11);
    memory[MADT]++;
    for (unsigned i = 0; i < ISA_LINES; i++) { /* of five lines a sound register never says it */
        level = 1u << i | 1 << 10;
        CHECK(read_tables(LOADER));
        CHECK_NUMBER("line 10", acpi.isa[10], i < 3 || i == 8 || i == 13 ? 10 : 10 | IRQ_LEVEL);
    }
    level = 0;
}

/* Whatever the bytes are: it ends, reads nothing that it may not, and gives something that can be used. */
static void random_bytes(void)
{
    for (unsigned round = 0; round < 3000; round++) {
        good_tables();
        rsdp(LOADER, round % 2 ? 2 : 0);
        for (unsigned i = 0; i <= round % 5; i++)
            memory[MADT + 4 + random_below(100)] = (uint8_t)random_next();
        seal(MADT, 100, MADT + 9);
        if (length_of(MADT) >= 36 && length_of(MADT) < SIZE - MADT)
            seal_table(MADT);
        read_tables(LOADER);
        CHECK(acpi.ioapic_count >= 1 && acpi.ioapic_count <= ACPI_IOAPICS);
        for (unsigned i = 0; i < ISA_LINES; i++)
            CHECK(!(acpi.isa[i] & ~(unsigned)(IRQ_LINE_MAX | IRQ_LEVEL | IRQ_LOW)));
    }
}

int main(void)
{
    random_seed();
    test_run("acpi: pointer is kept", pointer_is_kept);
    test_run("acpi: found where it may be", found_where_it_may_be);
    test_run("acpi: either root table", either_root_table);
    test_run("acpi: each wrong byte", each_wrong_byte);
    test_run("acpi: lengths", lengths);
    test_run("acpi: too long", too_long);
    test_run("acpi: pointers", pointers);
    test_run("acpi: entries", entries);
    test_run("acpi: overrides", overrides);
    test_run("acpi: the rest stands", the_rest_stands);
    test_run("acpi: timer", timer);
    test_run("acpi: numbers of controllers", numbers_of_controllers);
    test_run("acpi: what is older", what_is_older);
    test_run("acpi: random bytes", random_bytes);
    free(memory);
    return test_end();
}
