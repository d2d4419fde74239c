#include <stdarg.h>
#include <stdio.h>
#include "frame/conform.h"
#include "frame/shared.h"
#include "frame/watch.h"

const struct bootinfo *boot_info;
static char filter[64] = "*", left_out[64];
static char name[96] = "the start";
static unsigned passed, failed, skipped;
static const char *skip_reason, *lacking; /* of the case; of all in the next list */
static bool case_failed;

void harness_init(const struct bootinfo *bi)
{
    boot_info = bi;
    cmdline_value(bi->cmdline, "test", filter, sizeof filter);
    cmdline_value(bi->cmdline, "without", left_out, sizeof left_out);
}

const char *case_name(void)
{
    return name;
}

bool case_begin(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    if (!glob_match(filter, name) || glob_match(left_out, name))
        return false;
    case_failed = false;
    skip_reason = lacking;
    /* A kernel that hangs in it says nothing more. On a terminal the result takes the place of this line. */
    print("at %s\r", name);
    watch_fresh_slice();
    return true;
}

void case_end(void)
{
    actors_reset(false);
    temp_clear();
    if (case_failed) {
        failed++;
    } else if (skip_reason) {
        skipped++;
        print("ok %s # skip: %s\n", name, skip_reason);
    } else {
        passed++;
        print("ok %s\n", name);
    }
    memcpy(name, "between two cases", sizeof "between two cases");
}

void case_skip(const char *reason)
{
    skip_reason = reason;
}

void cases_need(bool there, const char *reason)
{
    lacking = there ? NULL : reason;
}

static const char *checked_file = "(none)";
static unsigned checked_line;

const char *case_file(void)
{
    return checked_file;
}

unsigned case_line(void)
{
    return checked_line;
}

/* Only the first failure of a case is printed. */
bool expect(bool good, const char *what, const char *file, unsigned line)
{
    checked_file = file;
    checked_line = line;
    if (!good && !case_failed) {
        case_failed = true;
        print("not ok %s: %s:%u: %s\n", name, file, line, what);
    }
    return good;
}

/* Errors are printed by name, everything else in hexadecimal. */
static const char *value_text(char text[24], uint64_t value)
{
    const char *error = error_word((long)value);
    if (!error)
        snprintf(text, 24, "%lx", value);
    return error ? error : text;
}

bool expect_is(uint64_t got, uint64_t want, const char *what, const char *file, unsigned line)
{
    char text[256], one[24], two[24];
    if (got == want)
        return expect(true, what, file, line);
    snprintf(text, sizeof text, "%s is %s, not %s", what, value_text(one, got), value_text(two, want));
    return expect(false, text, file, line);
}

void cases_run(const char *set, const struct test *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!case_begin("%s/%s", set, list[i].name))
            continue;
        actors_reset(false);
        if (!lacking)
            list[i].run();
        case_end();
    }
    lacking = NULL;
}

void cases_run_spaces(const char *set, const struct test *list, size_t count)
{
    for (size_t i = 0; i < 2 * count; i++) {
        bool cross = i >= count;
        const struct test *test = &list[i % count];
        if (!case_begin("%s/%s/%s", set, test->name, cross ? "cross" : "same"))
            continue;
        actors_reset(cross);
        if (!lacking)
            test->run();
        case_end();
    }
    lacking = NULL;
}

uint64_t cases_finish(void)
{
    if (passed + failed + skipped == 0)
        print("not ok conform: no case matches '%s'\n", filter);
    print("conform: %u passed, %u failed", passed, failed);
    print(skipped ? ", %u skipped\n" : "\n", skipped);
    return failed != 0 || passed + skipped == 0;
}
