/* wm: windows. A client shares with the window manager its surface (WM_SURFACE bytes, which the manager only reads) and two pages of rings: what it
   asks (the first page), and what happens to it (the second). Pixels are 0x00RRGGBB. There are no calls.

     op           asked                                    a                      b           c
     WM_COMMIT    show the picture of which `buffer` is    width | height << 32   x | y << 32  width | height << 32
                  the first pixel's place in the surface,                         of what has changed in it
                  in bytes, and `length` the pixels from
                  one line to the next
     WM_HIDE      show no window any more                  -                      -           -

     op           happens                                  a                      b           c
     WM_TAKEN     to what was asked; status is             -                      -           -
                  SERVICE_OK, or SERVICE_BAD: the picture would
                  not lie in the surface, or be too large
     WM_KEY       a key went down, or up                   its number (input)     1: down     character, or 0
     WM_POINTER   a button is down, or has just come up    x | y << 32, signed    buttons
     WM_FOCUS     keys go to it from now on, or no more    1: they do

   d of WM_KEY and WM_POINTER has the modifiers. What is shown is read when something above it moves, too: the client writes into a picture only when
   the commit of another one was taken. A client hears of keys only while it has the focus, and of the pointer only where it is its own, or was when
   the button went down. What there is no room for is lost, but WM_TAKEN never is, as long as no more commits are under way than WM_RING / 2.
   Frames, titles (the component's name in the description) and the bar at the top are drawn by the manager; nothing that a client does
   draws there. */
#ifndef SERVICES_WM_PROTOCOL_H
#define SERVICES_WM_PROTOCOL_H

#include "draw/draw.h"
#include "ring/ring.h"
#include "service.h"

enum { WM_COMMIT = 1, WM_HIDE };
enum { WM_TAKEN = 1, WM_KEY, WM_POINTER, WM_FOCUS };
enum { WM_SHIFT = 1, WM_CONTROL = 2, WM_ALT = 4, WM_CAPS = 8 };
enum { WM_RING = 32, WM_PAGE = 0x1000, WM_SURFACE = 0x400000, WM_WIDTH = 960, WM_HEIGHT = 640 };

/* ---- the client's library: a window with two pictures, of which one is shown. */
struct wm_window {
    struct ring_end ask, hear;
    microkit_channel service;
    uint32_t *surface;
    int32_t width, height;
    unsigned shown; /* which of the two */
    unsigned waits; /* for so much of what was asked to be taken */
    bool refused;   /* what was taken last was not */
    bool hidden;
    struct rect changed; /* in the picture that is shown, and not yet in the other one */
};

void wm_start(struct wm_window *w, void *rings, void *surface, int32_t width, int32_t height,
              microkit_channel service);

/* The picture to draw into; it has what was shown last. NULL: not yet, there will be a signal. */
const struct picture *wm_draw(struct wm_window *w);

/* Shows what was drawn, which is all within `changed`. pre: wm_draw() gave a picture since the last time. */
void wm_show(struct wm_window *w, struct rect changed);

/* There is no window any more, until the next wm_show(). */
void wm_hide(struct wm_window *w);

/* The next thing that has happened, but for WM_TAKEN. False: nothing more, and there will be a signal. */
bool wm_next(struct wm_window *w, struct ring_entry *event);

#endif
