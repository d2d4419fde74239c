/* user/lib/string.c, format.c, names.c and ticks.c (renamed by rename.h) against the C library and written-down
 * answers. */
#include "baton.h"
#include "rename.h"
#undef memcpy
#undef memset
#undef memmove
#undef memcmp
#undef strlen
#undef strcmp
#include "test.h"
#include "ticks.h"

enum { BYTES = 40 };

static void fill(unsigned char *a, unsigned char *b)
{
    for (unsigned i = 0; i < BYTES; i++)
        a[i] = b[i] = (unsigned char)(i * 7 + 1);
}

/* Every way to lie in a small buffer, overlaps included. */
static void moves(void)
{
    unsigned char a[BYTES], b[BYTES];
    for (unsigned to = 0; to < 20; to++)
        for (unsigned from = 0; from < 20; from++)
            for (unsigned n = 0; n <= 20; n++) {
                fill(a, b);
                CHECK(baton_memmove(a + to, a + from, n) == a + to);
                memmove(b + to, b + from, n);
                CHECK(memcmp(a, b, BYTES) == 0);
            }
}

static void copies_and_sets(void)
{
    unsigned char a[BYTES], b[BYTES];
    for (unsigned n = 0; n <= 20; n++) {
        fill(a, b);
        CHECK(baton_memcpy(a + 20, a, n) == a + 20);
        memcpy(b + 20, b, n);
        CHECK(memcmp(a, b, BYTES) == 0);
        CHECK(baton_memset(a + 3, 0x1a5, n) == a + 3);
        memset(b + 3, 0xa5, n);
        CHECK(memcmp(a, b, BYTES) == 0);
    }
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void compares(void)
{
    static const char *const text[] = {"", "a", "ab", "abc", "b", "\x80", "a\xff", "abd"};
    for (unsigned i = 0; i < 8; i++) {
        CHECK_NUMBER(text[i], baton_strlen(text[i]), strlen(text[i]));
        for (unsigned j = 0; j < 8; j++) {
            size_t n = strlen(text[i]) < strlen(text[j]) ? strlen(text[i]) : strlen(text[j]);
            CHECK_NUMBER(text[i], sign(baton_strcmp(text[i], text[j])), sign(strcmp(text[i], text[j])));
            CHECK_NUMBER(text[j], sign(baton_memcmp(text[i], text[j], n)), sign(memcmp(text[i], text[j], n)));
        }
    }
}

/* The definition of a pattern, slow and plain. */
static bool glob_by_definition(const char *p, const char *t)
{
    if (*p == 0)
        return *t == 0;
    if (*p == '*')
        return glob_by_definition(p + 1, t) || (*t != 0 && glob_by_definition(p, t + 1));
    return *t != 0 && (*p == '?' || *p == *t) && glob_by_definition(p + 1, t + 1);
}

/* The number-th string over an alphabet; false when there is none of at most `longest` characters. */
static bool word_of(unsigned number, const char *alphabet, unsigned longest, char *out)
{
    unsigned letters = (unsigned)strlen(alphabet), length = 0;
    for (; number > 0 && length <= longest; number = (number - 1) / letters)
        out[length++] = alphabet[(number - 1) % letters];
    out[length] = 0;
    return length <= longest;
}

static void globs_exhaustively(void)
{
    char pattern[8], text[8];
    unsigned matches = 0;
    for (unsigned i = 0; word_of(i, "ab*?", 5, pattern); i++)
        for (unsigned j = 0; word_of(j, "ab", 5, text); j++) {
            bool wanted = glob_by_definition(pattern, text);
            CHECK_NUMBER(pattern, glob_match(pattern, text), wanted);
            matches += wanted;
        }
    CHECK(matches > 1000);
}

static void globs_names(void)
{
    CHECK(glob_match("ipc.*", "ipc.call/cross/fast/8w"));
    CHECK(glob_match("*/fast/?w", "ipc.call/cross/fast/8w"));
    CHECK(!glob_match("ipc", "ipc.call"));
    CHECK(!glob_match("*/slow/*", "ipc.call/cross/fast/8w"));
    CHECK(glob_match("*", "") && glob_match("", "") && !glob_match("?", ""));
}

static void command_lines(void)
{
    char value[8] = "before";
    CHECK(!cmdline_value("", "run", value, sizeof value));
    CHECK(!cmdline_value("xrun=a runx=b run", "run", value, sizeof value));
    CHECK_STRING("absent leaves it", value, "before");
    CHECK(cmdline_value("baton.elf run=bench raw=on", "run", value, sizeof value));
    CHECK_STRING("in the middle", value, "bench");
    CHECK(cmdline_value("run=a  run=b", "run", value, sizeof value));
    CHECK_STRING("the last one", value, "b");
    CHECK(cmdline_value("  raw=on run=", "run", value, sizeof value));
    CHECK_STRING("an empty value", value, "");
    CHECK(cmdline_value("run=12345678", "run", value, sizeof value));
    CHECK_STRING("cut to the buffer", value, "1234567");
    CHECK(cmdline_value("bench=a=b", "bench", value, sizeof value));
    CHECK_STRING("an equals sign in it", value, "a=b");
    CHECK(cmdline_value("run=x", "run", value, 0)); /* and nothing is written */
}

/* Formats by both libraries. */
#define SAME(...)                                                                                              \
    do {                                                                                                       \
        char ours[128], theirs[128];                                                                           \
        int n = print_to(ours, sizeof ours, __VA_ARGS__);                                                      \
        int wanted = snprintf(theirs, sizeof theirs, __VA_ARGS__);                                             \
        CHECK_STRING(#__VA_ARGS__, ours, theirs);                                                              \
        CHECK_NUMBER(#__VA_ARGS__, n, wanted);                                                                 \
    } while (0)

static void formats_numbers(void)
{
    SAME("%d %d %d", 0, 2147483647, -2147483647 - 1);
    SAME("%ld|%ld", 9223372036854775807L, -9223372036854775807L - 1);
    SAME("%u %x %lu %lx", 4294967295u, 0xdeadbeefu, 18446744073709551615ul, 0xfedcba9876543210ul);
    SAME("%zu %zx", (size_t)12345678901ul, (size_t)0xabcdef012345ul);
    SAME("%5d|%-5d|%05d|%05d|%1d", 42, 42, 42, -42, 12345);
    SAME("%3u.%03u|%-8x|%016lx", 7u, 5u, 0xabu, 0x1234ul);
    SAME("%2d|%02d|%-2d|", -12345, -12345, -12345);
}

static void formats_text(void)
{
    SAME("plain, %% and %c%c", 'a', '%');
    SAME("[%s] [%8s] [%-8s] [%.3s] [%8.2s] [%-8.0s]", "text", "text", "text", "text", "text", "text");
    SAME("%3c|%-3c|", 'x', 'y');
    SAME("%s", "");
    char unended[3] = {'a', 'b', 'c'};
    SAME("%.3s", unended); /* reads no more than the precision */
}

static void formats_into_small_buffers(void)
{
    for (size_t size = 0; size <= 8; size++) {
        char ours[9], theirs[9];
        memset(ours, '#', sizeof ours);
        memset(theirs, '#', sizeof theirs);
        CHECK_NUMBER("length", print_to(ours, size, "%d,%s", 123, "xyz"),
                     snprintf(theirs, size, "%d,%s", 123, "xyz"));
        CHECK(memcmp(ours, theirs, sizeof ours) == 0);
    }
}

/* Not through SAME: the compiler rightly objects to such formats for printf. */
static void shows_what_it_does_not_know(void)
{
    int (*unchecked)(char *, size_t, const char *, ...) = print_to;
    const char *volatile string = "%s";
    char text[32];
    unchecked(text, sizeof text, "%q %5y|%");
    CHECK_STRING("unknown", text, "%q %5y|%");
    unchecked(text, sizeof text, string, (const char *)NULL);
    CHECK_STRING("no string", text, "(null)");
}

static void names(void)
{
    CHECK_STRING("first", error_name(ERR_BAD_CAP),
                 "ERR_BAD_CAP (the capability address names no slot, or an empty one)");
    CHECK_STRING("unknown", error_name(-10000), "an unknown error");
    CHECK_STRING("fault", fault_name(FAULT_PAGE), "FAULT_PAGE");
    CHECK_STRING("unknown fault", fault_name(0), "an unknown fault");
    CHECK_STRING("type", type_name(TYPE_CNODE), "CNODE");
}

/* Against 128 bits, at the edges of what fits: a longer time is never shorter. */
static void ticks(void)
{
    static const uint64_t hz[] = {1, 999999999, 1000000000, 2100000001, 17999999999};
    static const uint64_t ns[] = {0, 1, 999999999, 1000000000, 1000000001, UINT64_MAX / 2, UINT64_MAX};
    for (unsigned i = 0; i < sizeof hz / sizeof hz[0]; i++) {
        uint64_t last = (uint64_t)(((unsigned __int128)UINT64_MAX * 1000000000) / hz[i]), before = 0;
        for (unsigned k = 0; k < 7 + 9; k++) {
            uint64_t time = k < 7 ? ns[k] : last - 4 + (k - 7);
            unsigned __int128 right = ((unsigned __int128)time * hz[i] + 999999999) / 1000000000;
            CHECK_NUMBER("ticks", ticks_of(time, hz[i]), right > UINT64_MAX ? UINT64_MAX : (uint64_t)right);
            CHECK(k == 0 || k >= 7 || ticks_of(time, hz[i]) >= before);
            before = ticks_of(time, hz[i]);
        }
    }
}

int main(void)
{
    test_run("lib: memmove", moves);
    test_run("lib: memcpy and memset", copies_and_sets);
    test_run("lib: comparisons", compares);
    test_run("lib: glob, all small patterns", globs_exhaustively);
    test_run("lib: glob, names", globs_names);
    test_run("lib: command line", command_lines);
    test_run("lib: numbers", formats_numbers);
    test_run("lib: text", formats_text);
    test_run("lib: small buffers", formats_into_small_buffers);
    test_run("lib: unknown formats", shows_what_it_does_not_know);
    test_run("lib: names", names);
    test_run("lib: ticks", ticks);
    return test_end();
}
