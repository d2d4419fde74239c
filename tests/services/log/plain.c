/* Writes more than fits while the port stands still: what is lost, is counted and said. */
#include "log/protocol.h"

enum { LOG = 0, PORT = 1, LINES = 100 };
struct text_ring *page;
static struct log log;

void init(void)
{
    log_start(&log, page, LOG);
    log_print(&log, "%s, %d", "a line", 1);
    microkit_notify(PORT);
    for (int i = 1; i <= LINES; i++)
        log_print(&log, "line %d of %d, while nobody reads what is written here", i, LINES);
    microkit_notify(PORT);
    log_print(&log, "the last line");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
