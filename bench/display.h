/* What the console says, on a screen: the results as they come, and after them, page by page, whatever else is
   given. Without a screen nothing here does anything. Never called while a measured region is open. */
#ifndef BENCH_DISPLAY_H
#define BENCH_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

struct bootinfo;
struct result;

/* pre: after alloc_init; called once */
void display_init(const struct bootinfo *bi);
/* Characters in a line, at least 80; 0: there is no screen. */
unsigned display_columns(void);
/* The two lines above everything else, one per call. */
void display_title(const char *line);

/* The table, and the line of progress. */
void display_plan(size_t count);
void display_start(const char *id, size_t index);
void display_result(const struct result *r);
void display_refused(const char *id);
/* Takes the place of the line of progress, for good. */
void display_error(const char *why);

/* A line below the table; what is longer than a row of the screen is folded. */
void display_line(const char *text);
/* The next line begins a page. */
void display_page(void);
/* All is written: shows the first page. */
void display_end(void);
/* Turns the pages, by itself and by keys, and does not return. Where there is no screen it returns at once. */
void display_hold(void);

/* ---- for display_turn.c */
unsigned display_pages(void);
void display_show(unsigned page);
void display_state(const char *text);

#endif
