/* user/services/shell/server.c and terminal.c at a driver of the serial port that lies: in indices, lives and wishes of both rings, in floods of keys;
   and it is more urgent than the shell, so it does it whenever it is signalled. Programs and the keeper's notes are looked at all the same. */
#include "random.h"
#include "test.h"

#include "shell/server.c"

enum { LIES = 100000, FLOOD = 20000, WAITS = 1000 };

seL4_Word microkit_notifications;
char edit_line[LINE];
extern struct text_ring *sending, *typed;
static struct text_ring pages[3];
static unsigned keys, looks, looks_at_first, waits, notes_shown;
static int flood_left;
static bool lies_too, says;

/* ---- the rest of the shell */
void files_start(void)
{
}

void programs_start(void)
{
}

void login_start(void)
{
}

void login_show(void)
{
}

bool login_waits(void)
{
    return false;
}

bool login_done(void)
{
    return true;
}

void login_key(char key)
{
    (void)key;
}

void complain(const char *format, ...)
{
    (void)format;
}

bool programs_look(void)
{
    looks += keys > 0;
    return false;
}

bool programs_have_keys(void)
{
    return false;
}

bool programs_sleep(void)
{
    return true;
}

void programs_key(char key)
{
    (void)key;
}

bool feed_next(char *key)
{
    (void)key;
    return false;
}

void obey(char *line)
{
    (void)line;
}

void edit_start(void)
{
}

void edit_show(void)
{
    notes_shown++;
}

/* What is typed is shown: sometimes a lot. */
bool edit_key(char key)
{
    keys++;
    if (says)
        terminal_write("a line that is shown\n", random_below(21) + 1);
    return key == '\r' && random_below(4) == 0;
}

seL4_Word timer_now(const struct timer *t)
{
    (void)t;
    return 0;
}

/* ---- the driver */
static void refill(void)
{
    for (unsigned i = 0; i < TEXT_BYTES; i++)
        typed->text[i] = 'a';
    typed->ring.producer.index = typed->ring.consumer.index + TEXT_BYTES;
}

static void scribble(void)
{
    uint32_t *words = (uint32_t *)(void *)&pages[random_below(3)];
    uint32_t at = random_below(random_below(4) ? 3 : sizeof(struct text_ring) / 4), way = random_below(4);
    at = random_below(2) ? at + 16 : at;
    at = at < sizeof(struct text_ring) / 4 ? at : 0;
    words[at] = way == 0   ? (uint32_t)random_next()
                : way == 1 ? words[at] + random_below(TEXT_BYTES + 2)
                : way == 2 ? words[at] + 1
                           : words[at] - 1;
}

static void act(void)
{
    if (flood_left > 0) {
        flood_left--;
        looks_at_first = flood_left == FLOOD / 2 ? looks : looks_at_first;
        refill();
        typed->ring.producer.wanted = typed->ring.consumer.index; /* the next one, too */
    } else if (lies_too && random_below(4) == 0) {
        scribble();
    }
}

void microkit_notify(microkit_channel ch)
{
    CHECK(ch == SERIAL || ch == NOTES);
    act();
}

/* The shell waits for room. It gets it in the end. */
void seL4_Wait(seL4_Word slot, seL4_Word *badge)
{
    CHECK_NUMBER("the slot", slot, 1);
    CHECK(++waits < WAITS);
    *badge = 1;
    scribble();
    if (waits % 8 == 0)
        sending->ring.consumer.index = sending->ring.producer.index;
}

static void begin(void)
{
    memset(pages, 0, sizeof pages);
    sending = &pages[0], typed = &pages[1], notes_page = &pages[2];
    keys = looks = waits = notes_shown = 0;
    flood_left = 0;
    lies_too = says = false;
    init();
}

static void lies(void)
{
    unsigned heard = 0;
    begin();
    lies_too = says = true;
    for (unsigned i = 0; i < LIES && !test_state.failing; i++) {
        for (unsigned left = random_below(4); left > 0; left--)
            scribble();
        waits = keys = 0;
        notified(SERIAL);
        heard += keys > 0;
    }
    CHECK(heard > LIES / 100 && notes_shown > LIES / 1000);
}

/* Each key makes room, which it wanted a signal for, and there is another one. */
static void floods(void)
{
    begin();
    typed->ring.producer.wanted = typed->ring.consumer.index;
    refill();
    flood_left = FLOOD;
    notified(SERIAL);
    CHECK_NUMBER("the flood is over", flood_left, 0);
    CHECK(looks_at_first > 0);
}

int main(void)
{
    random_seed();
    test_run("shell/the serial driver lies", lies);
    test_run("shell/the serial driver floods", floods);
    return test_end();
}
