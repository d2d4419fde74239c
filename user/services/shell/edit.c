/* Editing a line: arrows, Home, End, Delete; ^A ^E ^B ^F ^U ^K ^W ^L ^C as shells have them; what was typed before by up and down. */
#include <string.h>
#include "shell.h"

enum { HISTORY = 16, CONTROL = 0x1f, ESCAPE = 0x1b, RUBOUT = 0x7f };

char edit_line[LINE];
static unsigned length, cursor;
static char history[HISTORY][LINE]; /* a ring; line n is at n % HISTORY */
static unsigned entered, looked_at; /* lines ever, and which of them is shown: `entered` is the new one */
static bool after_return;           /* a newline that follows is none of its own */
/* Of a sequence that a key sends: its first byte, and the digits behind it. */
static enum { PLAIN, ESCAPED, SEQUENCE } state;
static char digit;

static void back(unsigned columns)
{
    while (columns-- > 0)
        terminal_write("\b", 1);
}

/* From the cursor on, and what was there before is gone. */
static void show_rest(void)
{
    terminal_write(edit_line + cursor, length - cursor);
    terminal_write("\x1b[K", 3);
    back(length - cursor);
}

void edit_show(void)
{
    static const char end[] = "> ";
    terminal_write("\r/", 2);
    terminal_write(path_here, (uint32_t)strlen(path_here));
    terminal_write(end, sizeof end - 1);
    terminal_write(edit_line, cursor);
    show_rest();
}

void edit_start(void)
{
    length = cursor = 0;
    looked_at = entered;
    edit_line[0] = 0;
    edit_show();
}

void edit_forget(void)
{
    memset(history, 0, sizeof history);
    memset(edit_line, 0, sizeof edit_line);
    entered = 0;
}

static void insert(char c)
{
    if (length == LINE - 1)
        return;
    memmove(edit_line + cursor + 1, edit_line + cursor, length - cursor);
    edit_line[cursor++] = c;
    length++;
    terminal_write(&c, 1);
    if (cursor < length)
        show_rest();
}

/* What is between, goes. pre: from <= to <= length. */
static void cut(unsigned from, unsigned to)
{
    memmove(edit_line + from, edit_line + to, length - to);
    length -= to - from;
    back(cursor > from ? cursor - from : 0);
    cursor = from;
    show_rest();
}

static void move(unsigned to)
{
    if (to < cursor)
        back(cursor - to);
    else
        terminal_write(edit_line + cursor, to - cursor);
    cursor = to;
}

static unsigned word_before(void)
{
    unsigned at = cursor;
    while (at > 0 && edit_line[at - 1] == ' ')
        at--;
    while (at > 0 && edit_line[at - 1] != ' ')
        at--;
    return at;
}

static void recall(unsigned number)
{
    if (number > entered || entered - number > HISTORY)
        return;
    looked_at = number;
    strcpy(edit_line, number == entered ? "" : history[number % HISTORY]);
    length = cursor = (unsigned)strlen(edit_line);
    edit_show();
}

static void keep(void)
{
    if (length == 0 || (entered > 0 && strcmp(history[(entered - 1) % HISTORY], edit_line) == 0))
        return;
    strcpy(history[entered++ % HISTORY], edit_line);
}

/* The last byte of a sequence; `digit` tells those that end with ~ apart. */
static void sequence(char last)
{
    switch (last == '~' ? digit : last) {
    case 'A': recall(looked_at - 1); break;
    case 'B': recall(looked_at + 1); break;
    case 'C': move(cursor + (cursor < length)); break;
    case 'D': move(cursor - (cursor > 0)); break;
    case 'H':
    case '1': move(0); break;
    case 'F':
    case '4': move(length); break;
    case '3': cut(cursor, cursor + (cursor < length)); break;
    default: break;
    }
}

static bool in_sequence(char key)
{
    if (state == ESCAPED) {
        state = key == '[' || key == 'O' ? SEQUENCE : PLAIN;
        digit = 0;
    } else if (key >= '0' && key <= '9') {
        digit = digit ? digit : key;
    } else if (key >= '@') {
        state = PLAIN;
        sequence(key);
    }
    return false;
}

static void control(char key)
{
    switch (key | '@') {
    case 'A': move(0); break;
    case 'B': move(cursor - (cursor > 0)); break;
    case 'C': terminal_write("^C\n", 3), edit_start(); break;
    case 'E': move(length); break;
    case 'F': move(cursor + (cursor < length)); break;
    case 'H': cut(cursor - (cursor > 0), cursor); break;
    case 'K': cut(cursor, length); break;
    case 'L': terminal_write("\x1b[H\x1b[2J", 7), edit_show(); break;
    case 'N': recall(looked_at + 1); break;
    case 'P': recall(looked_at - 1); break;
    case 'U': cut(0, cursor); break;
    case 'W': cut(word_before(), cursor); break;
    default: break;
    }
}

bool edit_key(char key)
{
    bool second = after_return && key == '\n';
    after_return = key == '\r';
    if (second)
        return false;
    if (state != PLAIN && key > CONTROL)
        return in_sequence(key);
    state = key == ESCAPE ? ESCAPED : PLAIN;
    if (key == '\r' || key == '\n') {
        edit_line[length] = 0;
        move(length);
        terminal_write("\n", 1);
        keep();
        return true;
    }
    if (key == RUBOUT)
        key = '\b';
    if (key > CONTROL)
        insert(key);
    else if (key > 0)
        control(key);
    return false;
}
