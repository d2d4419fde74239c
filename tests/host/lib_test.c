/* user/lib/cmdline.c, names.c and ticks.c against definitions and written-down answers. */
#include "baton.h"
#include "test.h"
#include "ticks.h"

/* The definition of a pattern, slow and plain. */
static bool glob_by_definition(const char *p, const char *t)
{
    if (*p == 0)
        return *t == 0;
    if (*p == '*')
        return glob_by_definition(p + 1, t) || (*t != 0 && glob_by_definition(p, t + 1));
    return *t != 0 && (*p == '?' || *p == *t) && glob_by_definition(p + 1, t + 1);
}

/* String number `number` over an alphabet; false when there is none of at most `longest` characters. */
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
    test_run("lib: glob, all small patterns", globs_exhaustively);
    test_run("lib: glob, names", globs_names);
    test_run("lib: command line", command_lines);
    test_run("lib: names", names);
    test_run("lib: ticks", ticks);
    return test_end();
}
