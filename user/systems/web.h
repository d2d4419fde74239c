/* What a request of HTTP says, for the web server. */
#ifndef SYSTEMS_WEB_H
#define SYSTEMS_WEB_H

#include <stdbool.h>
#include <string.h>

enum { REQUEST = 1024 }; /* bytes that one may have */

static inline int web_hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The path in the request, as files have it; a folder's is its index.html. False: it is none. */
static inline bool path_of(const char *from, char path[REQUEST])
{
    size_t n = 0;
    if (*from++ != '/')
        return false;
    for (; *from != ' ' && *from != '?'; from++) {
        int high = *from == '%' ? web_hex(from[1]) : 0, low = *from == '%' && high >= 0 ? web_hex(from[2]) : 0;
        if (*from == 0 || *from == '\r' || high < 0 || low < 0 || n > REQUEST - 16)
            return false;
        path[n++] = *from == '%' ? (char)(high << 4 | low) : *from;
        from += *from == '%' ? 2 : 0;
        if (path[n - 1] == 0)
            return false;
    }
    strcpy(path + n, n == 0 || path[n - 1] == '/' ? "index.html" : "");
    return true;
}

static inline const char *type_of(const char *path)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".htm", "text/html; charset=utf-8"},
                                           {".txt", "text/plain; charset=utf-8"},
                                           {".css", "text/css"},
                                           {".js", "text/javascript"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".jpg", "image/jpeg"}};
    const char *dot = strrchr(path, '.');
    for (unsigned i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

#endif
