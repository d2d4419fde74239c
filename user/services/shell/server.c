/* A shell on the serial port. */
#include "ring/text.h"
#include "shell.h"
#include "timer/protocol.h"

enum { MILLISECOND = 1000000 };

struct text_ring *notes_page; /* where the description maps it: what the keeper has to tell */
static struct ring_end notes;
static const struct timer timer = {.service = TIMER};

void init(void)
{
    terminal_start();
    files_start();
    programs_start();
    text_start(&notes, notes_page, false);
    complain("\nBaton, %lu ms after the machine was switched on. help lists what there is.",
             timer_now(&timer) / MILLISECOND);
    login_start();
    notified(SERIAL);
}

/* Lines of others go above the one that is typed. True: there was one. */
static bool show_notes(void)
{
    char line[LINE], c = 0;
    uint32_t bytes = 0;
    while (bytes < LINE && c != '\n' && text_get(&notes, &c))
        line[bytes++] = c == '\n' || (c >= ' ' && c < 0x7f) ? c : '.';
    if (ring_publish(&notes))
        microkit_notify(NOTES);
    if (bytes == 0)
        return false;
    terminal_write("\r\x1b[K", 4);
    terminal_write(line, bytes);
    return true;
}

/* False: there is more to do than to wait. */
static bool nothing_to_do(void)
{
    bool sleeps = text_ready(&notes) < 0 || ring_sleep(&notes, 1);
    sleeps = programs_sleep() && sleeps;
    return (login_waits() || terminal_sleep()) && sleeps;
}

static void typed_key(char key)
{
    if (programs_have_keys()) {
        programs_key(key);
        return;
    }
    if (!login_done()) {
        login_key(key);
        return;
    }
    if (!edit_key(key))
        return;
    programs_look(); /* who has ended takes no room, however fast lines are typed */
    obey(edit_line);
    if (programs_have_keys())
        programs_look(); /* it may have come to nothing */
    else if (login_done())
        edit_start();
}

void notified(microkit_channel ch)
{
    char key;
    (void)ch;
    do {
        bool told = false;
        while (show_notes())
            told = true;
        told |= programs_look();
        if (told && !programs_have_keys())
            (login_done() ? edit_show : login_show)();
        /* At most a ring of them: a driver that always has more keeps neither programs nor notes waiting. */
        for (unsigned left = TEXT_BYTES; left > 0 && !login_waits() && (feed_next(&key) || terminal_key(&key));
             left--)
            typed_key(key);
    } while (!nothing_to_do());
}
