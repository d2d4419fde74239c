/* Host unit tests: a test is a function; CHECK records the first thing in it that does not hold. A program
   prints "ok <name>" or "not ok <name>: <why>" for each and exits with 1 when one failed or none ran. */
#ifndef BATON_TEST_H
#define BATON_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Weak: one for all the sources of a program. */
struct test_state {
    unsigned run, failed;
    bool failing; /* the running test has failed */
    char why[512];
};

__attribute__((weak)) struct test_state test_state;

static inline bool test_fails(void)
{
    bool first = !test_state.failing;
    test_state.failing = true;
    return first;
}

#define CHECK(condition)                                                                            \
    do {                                                                                            \
        if (!(condition) && test_fails())                                                           \
            snprintf(test_state.why, sizeof test_state.why, "%s:%d: %s", __FILE__, __LINE__, #condition); \
    } while (0)

/* `what` names the case where a table or a loop makes many. */
#define CHECK_NUMBER(what, got, wanted) \
    test_check_number(__FILE__, __LINE__, what, (long long)(got), (long long)(wanted))
/* Two strings; NULL equals only NULL. */
#define CHECK_STRING(what, got, wanted) test_check_string(__FILE__, __LINE__, what, got, wanted)

static inline void test_check_number(const char *file, int line, const char *what, long long got,
                                     long long wanted)
{
    if (got != wanted && test_fails())
        snprintf(test_state.why, sizeof test_state.why, "%s:%d: %s: got %lld, not %lld", file, line, what, got,
                 wanted);
}

static inline void test_check_string(const char *file, int line, const char *what, const char *got,
                                     const char *wanted)
{
    bool same = got == NULL || wanted == NULL ? got == wanted : strcmp(got, wanted) == 0;
    if (!same && test_fails())
        snprintf(test_state.why, sizeof test_state.why, "%s:%d: %.90s: got \"%.150s\", not \"%.150s\"", file,
                 line, what, got == NULL ? "(null)" : got, wanted == NULL ? "(null)" : wanted);
}

static inline void test_run(const char *name, void (*test)(void))
{
    test_state.failing = false;
    test();
    if (test_state.failing)
        printf("not ok %s: %s\n", name, test_state.why);
    else
        printf("ok %s\n", name);
    fflush(stdout); /* a sanitizer that ends the next test must not take this line with it */
    test_state.run++;
    test_state.failed += test_state.failing;
}

/* The exit code of main. */
static inline int test_end(void)
{
    return test_state.failed != 0 || test_state.run == 0;
}

#endif
