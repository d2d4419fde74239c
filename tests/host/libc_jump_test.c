/* user/libc's setjmp and longjmp, and the ends: abort, assert. */
#include <limits.h>
#include <sanitizer/asan_interface.h>
#include "libc/dies.h"
#include "libc/ours.h"
#include "test.h"

static int value;

static void registers(void)
{
    static const int values[][2] = {{0, 1}, {1, 1}, {2, 2}, {-1, -1}, {INT_MIN, INT_MIN}, {INT_MAX, INT_MAX}};
    for (unsigned i = 0; i < 6; i++) {
        int returned = 77;
        CHECK_NUMBER("what is not preserved", ours_registers(values[i][0], &returned), 0);
        CHECK_NUMBER("what setjmp returns", returned, values[i][1]);
    }
}

/* From some calls deeper, each with memory of its own on the stack. */
static int deeper(void (*give_up)(int), unsigned depth)
{
    volatile char filled[200];
    filled[depth] = (char)depth;
    if (depth > 0)
        return deeper(give_up, depth - 1) + filled[depth];
    __asan_handle_no_return(); /* the sanitizer knows the system's longjmp only */
    give_up(value);
    return 0;
}

static void run(void (*give_up)(int))
{
    deeper(give_up, 40);
}

static void comes_back(void (*give_up)(int))
{
    (void)give_up;
}

static void jumps(void)
{
    for (value = 1; value < 100; value++)
        CHECK_NUMBER("out of the depth", ours_jump(run), value);
    value = 0;
    CHECK_NUMBER("0 is 1", ours_jump(run), 1);
    CHECK_NUMBER("no jump", ours_jump(comes_back), -1);
}

static void aborts(void)
{
    ours.abort();
}

static void wrong_assertion(void)
{
    ours.assertion(1);
    ours.assertion(2);
}

static void ends(void)
{
    char why[128];
    ours.assertion(1);
    check_dies("abort", aborts, "");
    snprintf(why, sizeof why, "tests/host/libc/ours.c:%d: assertion: assertion failed: holds == 1\n",
             ours.assertion_line);
    check_dies("assert", wrong_assertion, why);
}

int main(void)
{
    test_run("libc jump: registers", registers);
    test_run("libc jump: out of the depth", jumps);
    test_run("libc jump: ends", ends);
    return test_end();
}
