/* The serial port, as two rings of text. */
#include <string.h>
#include "ring/text.h"
#include "shell.h"

enum { INPUT = 1 /* the slot where the shell is notified */ };

struct text_ring *sending, *typed; /* where the description maps them */
static struct ring_end out, in;
static bool signalled;

void wait_for_signal(void)
{
    seL4_Word badge;
    seL4_Wait(INPUT, &badge);
    signalled = true; /* by whom does not matter: all is looked at again */
}

void terminal_start(void)
{
    text_start(&out, sending, true);
    text_start(&in, typed, false);
    microkit_notify(SERIAL);
}

static void show(void)
{
    if (ring_publish(&out))
        microkit_notify(SERIAL);
}

/* Waits for room. What finds no room because the driver lies is lost. */
static void put(const char *text, uint32_t bytes)
{
    while (bytes > 0) {
        int32_t room = text_ready(&out);
        uint32_t part = room < (int32_t)bytes ? (uint32_t)room : bytes;
        if (room < 0)
            return;
        text_put(&out, text, part);
        show();
        text += part;
        bytes -= part;
        if (room == 0 && ring_sleep(&out, 1))
            wait_for_signal();
    }
}

void terminal_write(const char *text, uint32_t bytes)
{
    for (const char *end; bytes > 0; text += end - text) {
        end = memchr(text, '\n', bytes);
        put(text, end ? (uint32_t)(end - text) : bytes);
        if (!end)
            return;
        put("\r\n", 2);
        bytes -= (uint32_t)(++end - text);
    }
}

bool terminal_key(char *key)
{
    bool came = text_get(&in, key);
    if (ring_publish(&in))
        microkit_notify(SERIAL);
    return came;
}

bool terminal_sleep(void)
{
    bool sleeps = !signalled && (text_ready(&in) < 0 || ring_sleep(&in, 1));
    signalled = false;
    return sleeps;
}
