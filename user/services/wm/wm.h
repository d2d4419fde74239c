/* What the manager's files share. Those that do not need rings (all but server.c) run on a host, too. */
#ifndef SERVICES_WM_WM_H
#define SERVICES_WM_WM_H

#include "input/protocol.h"
#include "screen/protocol.h"
#include "wm/protocol.h"

enum { CLIENTS = 16, BORDER = 3, TITLE = 22, BAR = 26, SHADOW = 8, NAME = 64 };

struct window {
    char name[NAME]; /* empty: there is no such client */
    bool shown;
    int32_t x, y;           /* of its frame */
    struct picture content; /* in the client's surface: read only, and changing under our eyes */
    const uint32_t *surface;
};
extern struct window windows[CLIENTS];

/* ---- window.c: where windows are, and which are above which. */
extern unsigned order[CLIENTS], order_count; /* of those that are shown, the lowest first */
/* `kept` is what outlives the manager: a word for each client, written at once. */
void windows_start(uint64_t *kept, const char *places);
void window_show(unsigned id);  /* it has a picture now */
void window_hide(unsigned id);  /* it has none any more; when it is shown again, it stands on top */
void window_raise(unsigned id); /* if it is shown */
void window_move(unsigned id, int32_t x, int32_t y);
struct rect window_frame(const struct window *w);
struct rect window_title(const struct window *w);
struct rect window_content(const struct window *w);
struct rect window_extent(const struct window *w); /* with its shadow */
/* The top one there, or -1. */
int window_at(int32_t x, int32_t y);
int window_focused(void);

/* ---- surface.c: is it a picture in the surface? What has changed of it. */
bool surface_read(const struct ring_entry *e, const uint32_t *surface, struct picture *content,
                  struct rect *changed);

/* ---- paint.c */
extern const draw_font *font;
void paint_changed(struct rect where); /* is to be painted */
/* Paints what is to be painted into the screen's picture, and tells where. */
void paint(const struct picture *screen, void (*tell)(struct rect));
uint32_t window_colour(unsigned id);

/* ---- pointer.c: mouse and keys. */
extern int32_t pointer_x, pointer_y;
void pointer_start(uint64_t *kept);
struct rect pointer_extent(void);
void take_input(const struct ring_entry *event);
void pointer_leaves(unsigned id); /* which is hidden: it is neither moved nor told any more */
void focus_changed(void);         /* tells who has it, and who had it */
void tell_focus(unsigned id);

/* ---- keys.c: the character of a key, or 0. */
char key_character(unsigned key, unsigned modifiers);
unsigned key_modifier(unsigned key); /* WM_..., or 0 */

/* ---- server.c */
void tell_client(unsigned id, struct ring_entry event);

#endif
