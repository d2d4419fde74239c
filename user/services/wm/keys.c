/* The keys of an American keyboard. */
#include "wm/wm.h"

enum {
    LEFT_SHIFT = 0x2a,
    RIGHT_SHIFT = 0x36,
    CONTROL = 0x1d,
    ALT = 0x38,
    CAPS_LOCK = 0x3a,
    EXTENDED = 0x80,
    ENTER = 0x1c,
    SLASH = 0x35
};

static const char plain[] = "\0\x1b"
                            "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\x1b"
                              "!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

unsigned key_modifier(unsigned key)
{
    switch (key) {
    case LEFT_SHIFT:
    case RIGHT_SHIFT: return WM_SHIFT;
    case CONTROL:
    case CONTROL | EXTENDED: return WM_CONTROL;
    case ALT:
    case ALT | EXTENDED: return WM_ALT;
    case CAPS_LOCK: return WM_CAPS;
    default: return 0;
    }
}

char key_character(unsigned key, unsigned modifiers)
{
    if (key == (ENTER | EXTENDED) || key == (SLASH | EXTENDED))
        key &= ~(unsigned)EXTENDED; /* those of the number pad */
    if (key >= sizeof plain - 1)
        return 0;
    char c = plain[key];
    bool letter = c >= 'a' && c <= 'z',
         upper = ((modifiers & WM_SHIFT) != 0) != (letter && (modifiers & WM_CAPS) != 0);
    if (upper)
        c = shifted[key];
    return (modifiers & WM_CONTROL) != 0 && c >= '@' ? (char)(c & 0x1f) : c;
}
