/* user/libc's memory.c, string.c, search.c and duplicate.c against the system's, at every alignment and up to the last byte before a
   page that nobody may touch. */
#include <stdint.h>
#include <stdlib.h>
#include "libc/guarded.h"
#include "libc/ours.h"
#include "random.h"
#include "test.h"

enum { SIZES = 72, ALIGNMENTS = 16, STRINGS = 30000 };

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void fill(char *to, size_t n, unsigned letters)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(letters == 256 ? random_below(256) : 'a' + random_below(letters));
}

/* n bytes at that alignment and, if there is room, one place farther from the end than they must be. */
static char *place(unsigned which, size_t n, unsigned alignment)
{
    return alignment == 0 ? guarded_end(which, n) : guarded_start(which) + alignment - 1;
}

/* All of an area, compared: nothing beside what was to be written has changed. */
static void check_area(const char *what, unsigned which, const char *wanted)
{
    CHECK_NUMBER(what, memcmp(guarded_start(which), wanted, GUARDED_BYTES), 0);
}

static void copy_one(size_t n, unsigned to_at, unsigned from_at)
{
    static char wanted[GUARDED_BYTES];
    char *to = place(0, n, to_at), *from = place(1, n, from_at);
    fill(from, n, 256);
    memset(guarded_start(0), 0x5a, GUARDED_BYTES);
    memset(wanted, 0x5a, sizeof wanted);
    memcpy(wanted + (to - guarded_start(0)), from, n);
    CHECK(ours.memcpy(to, from, n) == to);
    check_area("memcpy", 0, wanted);
    memset(wanted + (to - guarded_start(0)), (int)n, n);
    CHECK(ours.memset(to, (int)n + 256, n) == to);
    check_area("memset", 0, wanted);
}

static void copies(void)
{
    for (size_t n = 0; n < SIZES; n++)
        for (unsigned to = 0; to <= ALIGNMENTS; to++)
            for (unsigned from = 0; from <= ALIGNMENTS; from++)
                copy_one(n, to, from);
    copy_one(GUARDED_BYTES, 0, 0);
}

/* Every overlap of up to SIZES bytes, at the area's end and at its start. */
static void moves(void)
{
    static char wanted[GUARDED_BYTES];
    for (unsigned end = 0; end < 2; end++)
        for (size_t n = 0; n < SIZES; n++)
            for (size_t apart = 0; apart < SIZES; apart++)
                for (unsigned down = 0; down < 2; down++) {
                    char *base = end ? guarded_end(0, n + apart) : guarded_start(0);
                    char *from = base + (down ? apart : 0), *to = base + (down ? 0 : apart);
                    fill(base, n + apart, 256);
                    memcpy(wanted, guarded_start(0), GUARDED_BYTES);
                    memmove(wanted + (to - guarded_start(0)), wanted + (from - guarded_start(0)), n);
                    CHECK(ours.memmove(to, from, n) == to);
                    check_area("memmove", 0, wanted);
                }
}

static void compares(void)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        size_t n = random_below(SIZES);
        char *a = place(0, n, random_below(ALIGNMENTS)), *b = place(1, n, random_below(ALIGNMENTS));
        fill(a, n, 256);
        memcpy(b, a, n);
        if (n > 0 && random_below(3) > 0)
            b[random_below((unsigned)n)] ^= (char)(1u << random_below(8));
        CHECK_NUMBER("memcmp", sign(ours.memcmp(a, b, n)), sign(memcmp(a, b, n)));
        int c = random_below(2) && n > 0 ? a[random_below((unsigned)n)] : (int)random_below(1024);
        CHECK(ours.memchr(a, c, n) == memchr(a, c, n));
    }
}

/* A string of a few letters that ends just before the guard; some have a byte above 127. */
static char *string(unsigned which, unsigned longest)
{
    unsigned n = random_below(longest + 1);
    char *s = guarded_end(which, n + 1);
    fill(s, n, 3);
    if (n > 0 && random_below(4) == 0)
        s[random_below(n)] = (char)(128 + random_below(128));
    s[n] = 0;
    return s;
}

static void lengths_and_orders(void)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        char *a = string(0, 12), *b = string(1, 12);
        size_t n = random_below(15);
        CHECK_NUMBER("strlen", ours.strlen(a), strlen(a));
        CHECK_NUMBER("strnlen", ours.strnlen(a, n), strnlen(a, n));
        CHECK_NUMBER("strcmp", sign(ours.strcmp(a, b)), sign(strcmp(a, b)));
        CHECK_NUMBER("strncmp", sign(ours.strncmp(a, b, n)), sign(strncmp(a, b, n)));
        CHECK_NUMBER("strcmp of the same", ours.strcmp(a, a), 0);
    }
}

/* Arrays without an end: no function with a limit looks beyond it. */
static void unended(void)
{
    for (size_t n = 0; n < SIZES; n++) {
        char *a = guarded_end(0, n), *b = guarded_end(1, n), to[SIZES + 8];
        memset(a, 'x', n);
        memset(b, 'x', n);
        CHECK_NUMBER("strnlen", ours.strnlen(a, n), n);
        CHECK_NUMBER("strncmp", ours.strncmp(a, b, n), 0);
        memset(to, '#', sizeof to);
        CHECK(ours.strncpy(to, a, n) == to && to[n] == '#' && memcmp(to, a, n) == 0);
        strcpy(to, "<");
        CHECK(ours.strncat(to, a, n) == to && strlen(to) == n + 1);
        char *copy = ours.strndup(a, n);
        CHECK(copy != NULL && strlen(copy) == n && memcmp(copy, a, n) == 0);
        ours.free(copy);
    }
}

/* Copies to where there is just room, and what they leave compared with what the system's leave. */
static void string_copies(void)
{
    char wanted[64];
    for (unsigned i = 0; i < STRINGS; i++) {
        char *from = string(1, 12), *first = string(2, 12);
        size_t room = strlen(first) + strlen(from) + 1, n = random_below(15);
        char *to = guarded_end(0, room);
        CHECK(ours.strcpy(to, first) == to && strcmp(to, first) == 0);
        CHECK(ours.strcat(to, from) == to);
        strcat(strcpy(wanted, first), from);
        CHECK_STRING("strcat", to, wanted);
        to = guarded_end(0, n);
        CHECK(ours.strncpy(to, from, n) == to);
        CHECK(memcmp(to, strncpy(wanted, from, n), n) == 0);
        strncat(strcpy(wanted, first), from, n);
        to = strcpy(guarded_end(0, strlen(wanted) + 1), first);
        CHECK(ours.strncat(to, from, n) == to);
        CHECK_STRING("strncat", to, wanted);
        char *copy = ours.strdup(from);
        CHECK_STRING("strdup", copy, from);
        ours.free(copy);
    }
}

static void searches(void)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        char *in = string(0, 12), *set = string(1, 3);
        int c =
            random_below(3) == 0 ? (int)random_below(512) - 128 : in[random_below((unsigned)strlen(in) + 1)];
        CHECK(ours.strchr(in, c) == strchr(in, c));
        CHECK(ours.strrchr(in, c) == strrchr(in, c));
        CHECK(ours.strstr(in, set) == strstr(in, set));
        CHECK_NUMBER("strspn", ours.strspn(in, set), strspn(in, set));
        CHECK_NUMBER("strcspn", ours.strcspn(in, set), strcspn(in, set));
        CHECK(ours.strpbrk(in, set) == strpbrk(in, set));
    }
}

/* Both cut the same string, each a copy of its own. */
static void words(void)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        char *a = string(0, 16), *separators = string(1, 2), b[32], c[32], *rest = NULL, *theirs = NULL;
        strcpy(b, a);
        strcpy(c, a);
        char *mine = ours.strtok_r(a, separators, &rest), *word = strtok_r(b, separators, &theirs);
        char *third = ours.strtok(c, separators);
        for (;; mine = ours.strtok_r(NULL, separators, &rest), word = strtok_r(NULL, separators, &theirs),
                third = ours.strtok(NULL, separators)) {
            CHECK_STRING("strtok_r", mine, word);
            CHECK_STRING("strtok", third, word);
            if (word == NULL || mine == NULL)
                break;
            CHECK_NUMBER("where", mine - a, word - b);
        }
    }
}

int main(void)
{
    static _Alignas(16) char heap[4096];
    random_seed();
    ours.heap(heap, sizeof heap);
    test_run("libc string: memcpy and memset", copies);
    test_run("libc string: memmove", moves);
    test_run("libc string: memcmp and memchr", compares);
    test_run("libc string: lengths and orders", lengths_and_orders);
    test_run("libc string: arrays without an end", unended);
    test_run("libc string: copies", string_copies);
    test_run("libc string: searches", searches);
    test_run("libc string: words", words);
    return test_end();
}
