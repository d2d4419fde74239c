/* A debug capability says what it allows: the console, the end of the machine, a look at everything. Minting takes away. */
#include "frame/long.h"

static cap_t narrowed(uint64_t may)
{
    return cap_at(temp_mint(CAP_DEBUG, RIGHT_ALL, may));
}

/* Of each of the eight capabilities; the console gets an empty line. */
static void only_what_it_allows(void)
{
    for (uint64_t may = 0; may <= DEBUG_MAY_ALL; may++) {
        cap_t debug = narrowed(may);
        EXPECT_IS(syscall2(SYS_DEBUG_PUTCHAR, debug, '\n'), (may & DEBUG_MAY_PRINT) != 0 ? 0 : ERR_NO_RIGHT);
        EXPECT_IS(debug_dump(debug, DUMP_CAPS + 1),
                  (may & DEBUG_MAY_LOOK) != 0 ? ERR_BAD_ARGUMENT : ERR_NO_RIGHT);
        if ((may & DEBUG_MAY_END) == 0)
            EXPECT_IS(syscall2(SYS_DEBUG_EXIT, debug, 0), ERR_NO_RIGHT);
    }
}

static void minting_gives_nothing(void)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t print = temp_mint(CAP_DEBUG, RIGHT_ALL, DEBUG_MAY_PRINT), to = temp_slot();
    static const uint64_t more[] = {DEBUG_MAY_ALL, DEBUG_MAY_END, DEBUG_MAY_PRINT | DEBUG_MAY_LOOK, 8,
                                    1ul << 63};
    for (unsigned i = 0; i < COUNT(more); i++)
        EXPECT_IS(cap_mint(self, to, self, print, RIGHT_ALL, more[i]), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_mint(self, to, self, CAP_DEBUG, RIGHT_ALL, DEBUG_MAY_ALL + 1), ERR_BAD_ARGUMENT);
}

static const struct test list[] = {
    {"only_what_it_allows", only_what_it_allows},
    {"minting_gives_nothing", minting_gives_nothing},
};

CASE_SET(775, debug_may_cases)
{
    CASES("debug/may", list);
}
