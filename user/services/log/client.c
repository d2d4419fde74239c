/* The log's client. */
#include <stdarg.h>
#include <stdio.h>
#include "log/protocol.h"

void log_start(struct log *log, struct text_ring *shared, microkit_channel service)
{
    *log = (struct log){.service = service};
    text_start(&log->end, shared, true);
    microkit_notify(service);
}

static bool write(struct log *log, const char *line, int bytes)
{
    bool fits = text_put(&log->end, line, (uint32_t)bytes);
    if (ring_publish(&log->end))
        microkit_notify(log->service);
    return fits;
}

static bool say_lost(struct log *log)
{
    char line[LOG_LINE];
    int bytes = snprintf(line, sizeof line, "(lines lost: %u)\n", log->lost);
    if (log->lost != 0 && !write(log, line, bytes))
        return false;
    log->lost = 0;
    return true;
}

void log_print(struct log *log, const char *format, ...)
{
    char line[LOG_LINE + 1];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (bytes > LOG_LINE - 1)
        bytes = LOG_LINE - 1;
    line[bytes++] = '\n';
    if (!say_lost(log) || !write(log, line, bytes))
        log->lost++;
}
