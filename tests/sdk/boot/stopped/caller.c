/* Calls a server that is stopped, paused, dead, and alive again. `high` waits for `low`, which has to know that it waits. */
#include "stopped.h"

enum { SERVER = 0, KEEPER, OTHER, ORPHAN, MOTHER };

static void say(const char *what, seL4_Word answer)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(what);
    microkit_dbg_puts(": ");
    if (answer == BATON_LABEL_NO_ANSWER)
        microkit_dbg_puts("no answer");
    else
        microkit_dbg_put32((seL4_Uint32)answer);
    microkit_dbg_puts("\n");
}

static seL4_Word call(microkit_channel ch, seL4_Word label, seL4_Uint16 words)
{
    return microkit_msginfo_get_label(microkit_ppcall(ch, microkit_msginfo_new(label, words)));
}

static void tell(seL4_Word what)
{
    if (call(KEEPER, what, 0) != 77)
        __builtin_trap(); /* its words have changed */
}

static void alone(void)
{
    say("alive", call(SERVER, ANSWER, 0));
    say("stops in the call", call(SERVER, STOP_MYSELF, 0));
    say("stopped", call(SERVER, ANSWER, 0));
    say("stopped, a long message", call(SERVER, ANSWER, WORDS));
    tell(RESUME);
    say("resumed", call(SERVER, ANSWER, 0));
    say("dies in the call", call(SERVER, DIE, 0));
    say("dead", call(SERVER, ANSWER, 0));
    tell(RESTART);
    say("restarted", call(SERVER, ANSWER, 0));
    tell(STOP);
    say("stopped again", call(SERVER, ANSWER, 0));
    tell(RESTART);
}

/* The other waits in the queue of a paused server. */
static void queued(void)
{
    tell(PAUSE);
    microkit_notify(OTHER);
    microkit_dbg_puts("low: the other waits\n");
    tell(STOP);
    tell(RESTART);
    tell(PAUSE);
    microkit_notify(OTHER);
    microkit_dbg_puts("low: the other waits\n");
    tell(RESUME);
}

static void orphaned(void)
{
    say("an orphan to be", call(ORPHAN, ANSWER, 0));
    say("mother", call(MOTHER, 0, 0));
    say("mother, dead", call(MOTHER, 0, 0));
    say("orphan", call(ORPHAN, ANSWER, 0));
    say("orphan dies", call(ORPHAN, DIE, 0));
    say("orphan, dead", call(ORPHAN, ANSWER, 0));
}

void init(void)
{
    if (microkit_name[0] != 'l')
        return;
    alone();
    queued();
    orphaned();
    microkit_dbg_puts("low: that is all\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
    say("queued", call(SERVER, ANSWER, 0));
}
