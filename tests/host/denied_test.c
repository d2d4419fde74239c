/* user/services/denied/: a list of what was refused. Who asks for too much pushes out his own lines; nobody can write what looks like
   something else; a writer that dies at any store leaves no line that is half one thing and half another. */
#include "denied/denied.h"
#include "test.h"

enum { LINES = 32, SHARE = LINES / DENIED_SHARES, ANN = 1, BOB = 2 };

static _Alignas(8) char list[sizeof(struct denials) + LINES * sizeof(struct denial)];

static void begin(void)
{
    memset(list, 0, sizeof list);
    denied_page = (struct denials *)(void *)list;
    denied_size = sizeof list;
}

static void note(uint32_t who, uint32_t owner, unsigned number)
{
    char text[16];
    int bytes = snprintf(text, sizeof text, "%u", number);
    denied(who, owner, DENIED_SENSE, "ask for", text, (uint32_t)bytes);
}

static unsigned lines_of(uint32_t owner)
{
    unsigned count = 0;
    for (unsigned i = 0; i < LINES; i++)
        count += denied_page->line[i].number != 0 && denied_page->line[i].owner == owner;
    return count;
}

static const struct denial *line(const char *what)
{
    for (unsigned i = 0; i < LINES; i++)
        if (denied_page->line[i].number != 0 && strcmp(denied_page->line[i].what, what) == 0)
            return &denied_page->line[i];
    return NULL;
}

static void the_same_is_counted(void)
{
    begin();
    note(7, ANN, 1);
    for (unsigned i = 0; i < 1000; i++)
        note(7, ANN, 2);
    CHECK_NUMBER("lines", lines_of(ANN), 2);
    CHECK_NUMBER("all", denied_page->all, 1001);
    CHECK(line("ask for 2") && line("ask for 2")->times == 1000 && line("ask for 2")->number == 1001);
    note(7, BOB, 2);
    note(8, ANN, 2);
    denied(7, ANN, DENIED_RIGHT, "ask for", "2", 1);
    CHECK_NUMBER("each of another, or for another reason", lines_of(ANN) + lines_of(BOB), 5);
}

/* One process of many. */
static void a_flood_takes_its_share(void)
{
    begin();
    note(1, ANN, 0);
    for (unsigned i = 0; i < LINES - 1; i++)
        note(2 + i % 2, ANN, 1 + i);
    CHECK(line("ask for 0"));
    for (unsigned i = 0; i < 1000; i++)
        note(2, ANN, 1000 + i);
    CHECK_NUMBER("all", lines_of(ANN), LINES);
    CHECK(line("ask for 0") && line("ask for 1999"));
    CHECK(line("ask for 2") && line("ask for 30")); /* of 3 */
}

/* Many processes of one user: another's lines stay, as long as he has no more than that one. */
static void many_take_from_their_owner(void)
{
    begin();
    for (unsigned i = 0; i < SHARE; i++)
        note(1, BOB, i);
    for (unsigned i = 0; i < 1000; i++)
        note(100 + i, ANN, 100 + i);
    CHECK_NUMBER("Bob's", lines_of(BOB), SHARE);
    CHECK_NUMBER("Ann's", lines_of(ANN), LINES - SHARE);
    for (unsigned i = 0; i < 1000; i++)
        note(5000 + i, BOB, 5000 + i);
    CHECK(lines_of(BOB) == LINES / 2 || lines_of(BOB) == LINES / 2 + 1);
}

static void text_is_one_word_of_many(void)
{
    char much[200];
    begin();
    denied(1, ANN, DENIED_RIGHT, "open", "/a\nprocess 1: \x1b[1mno\x7f", 21);
    CHECK(line("open /a?process 1: ?[1mno?"));
    memset(much, 'x', sizeof much);
    denied(1, ANN, DENIED_RIGHT, "open", much, DENIED_TEXT - 6);
    CHECK(strlen(denied_page->line[1].what) == DENIED_TEXT - 1 &&
          denied_page->line[1].what[DENIED_TEXT - 2] == 'x');
    denied(1, ANN, DENIED_RIGHT, "open", much, sizeof much);
    CHECK(strlen(denied_page->line[2].what) == DENIED_TEXT - 1);
    CHECK_STRING("its end", denied_page->line[2].what + DENIED_TEXT - 5, "x...");
    denied_number(9, 9, DENIED_NOTHING, "kill child", ~0ull);
    CHECK(line("kill child 18446744073709551615") && line("kill child 18446744073709551615")->owner == 9);
    denied_number(9, 9, DENIED_NOTHING, "kill child", 0);
    CHECK(line("kill child 0"));
    denied(9, 9, DENIED_NOTHING, "ask", NULL, 0);
    CHECK(line("ask"));
}

/* Where the writer died, the number is 0: the line is as good as empty, whatever else it has. */
static void half_a_line_is_none(void)
{
    begin();
    for (unsigned i = 0; i < LINES; i++)
        note(i, ANN, i);
    denied_page->line[5].number = 0;
    note(5, ANN, 5);
    CHECK(line("ask for 5") == &denied_page->line[5]);
    CHECK_NUMBER("times", denied_page->line[5].times, 1);
    CHECK_NUMBER("nothing else has gone", lines_of(ANN), LINES);
}

static void without_a_list(void)
{
    begin();
    denied_page = NULL;
    note(1, ANN, 1);
    begin();
    denied_size = sizeof(struct denials);
    note(1, ANN, 1);
    CHECK_NUMBER("no room", denied_page->all, 0);
}

int main(void)
{
    test_run("denied/the_same_is_counted", the_same_is_counted);
    test_run("denied/a_flood_takes_its_share", a_flood_takes_its_share);
    test_run("denied/many_take_from_their_owner", many_take_from_their_owner);
    test_run("denied/text_is_one_word_of_many", text_is_one_word_of_many);
    test_run("denied/half_a_line_is_none", half_a_line_is_none);
    test_run("denied/without_a_list", without_a_list);
    return test_end();
}
