#include "window.h"

#include <string.h>

enum { SERVER = 1, SHOW_WORDS = 3 };

/* Asks until it need not wait. The words are put down again each time, for an answer takes their place. */
static _Bool ask(seL4_Word label, const seL4_Word *words, seL4_Uint16 count)
{
    for (;;) {
        memcpy(BATON_IPC_BUFFER->msg, words, count * sizeof *words);
        seL4_Word answer =
            microkit_msginfo_get_label(baton_ppcall(baton_address(SERVER), microkit_msginfo_new(label, count)));
        if (answer != PROC_LATER)
            return answer == SERVICE_OK;
        program_wait();
    }
}

_Bool program_window(unsigned width, unsigned height)
{
    const seL4_Word words[] = {width, height};
    return ask(PROC_WINDOW, words, 2) && seL4_GetMR(0) == 1;
}

static seL4_Word two(int32_t low, int32_t high)
{
    return (uint32_t)low | (seL4_Word)(uint32_t)high << 32;
}

_Bool program_show(const uint32_t *picture, struct rect changed)
{
    const seL4_Word words[SHOW_WORDS] = {(seL4_Word)picture, two(changed.x, changed.y),
                                         two(changed.width, changed.height)};
    return ask(PROC_SHOW, words, SHOW_WORDS);
}

_Bool program_event(struct program_event *event)
{
    _Bool came = ask(PROC_EVENT, NULL, 0);
    if (came)
        memcpy(event, BATON_IPC_BUFFER->msg, sizeof *event);
    return came;
}
