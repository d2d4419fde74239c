/* Where the text of a command goes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "shell.h"

enum { NOWHERE = UINT64_MAX };

static uint64_t file = NOWHERE; /* a fid */
static bool alone;              /* what other users' programs say waits: nobody but this one writes the file */
static uint64_t offset;
static seL4_Word reader; /* pid of a program that reads what a command says; 0: there is none */
static uint32_t used;
static char gathered[FS_BUFFER]; /* for the file */

static void flush(void)
{
    uint32_t bytes = used;
    used = 0;
    enum fs_status status = bytes == 0 ? FS_OK : file_write(file, offset, gathered, &bytes);
    offset += bytes;
    if (status == FS_OK)
        return;
    file_close(file);
    file = NOWHERE;
    complain("the output is cut: %s", fs_text(status));
}

void say_to(seL4_Word pid)
{
    reader = pid;
}

void say_bytes(const char *text, uint32_t bytes)
{
    if (reader == 0)
        say_through(text, bytes);
    else if (bytes > 0)
        feed_text(reader, text, bytes);
}

void say_through(const char *text, uint32_t bytes)
{
    if (file == NOWHERE) {
        terminal_write(text, bytes);
        return;
    }
    while (bytes > 0 && file != NOWHERE) {
        uint32_t room = sizeof gathered - used, part = bytes < room ? bytes : room;
        memcpy(gathered + used, text, part);
        used += part;
        text += part;
        bytes -= part;
        if (used == sizeof gathered)
            flush();
    }
}

static uint32_t made(char *line, uint32_t size, const char *format, va_list args)
{
    int bytes = vsnprintf(line, size, format, args);
    return bytes < 0 ? 0 : (uint32_t)bytes < size ? (uint32_t)bytes : size - 1;
}

void say(const char *format, ...)
{
    char line[LINE + FS_NAME];
    va_list args;
    va_start(args, format);
    uint32_t length = made(line, sizeof line, format, args);
    va_end(args);
    say_bytes(line, length);
}

void complain(const char *format, ...)
{
    char line[LINE + FS_NAME];
    va_list args;
    va_start(args, format);
    uint32_t length = made(line, sizeof line, format, args);
    va_end(args);
    terminal_write(line, length);
    terminal_write("\n", 1);
}

bool say_into(const char *path, bool append)
{
    uint64_t fid;
    struct ring_entry change = {.op = FS_TRUNCATE}, answer;
    enum fs_status status = file_open(path, FS_WRITABLE | FS_CREATE, &fid);
    if (status == FS_OK) {
        change.op = append ? FS_STAT : FS_TRUNCATE;
        change.a = fid;
        status = file_ask(&change, &answer);
        if (status != FS_OK)
            file_close(fid);
    }
    if (status != FS_OK) {
        complain("%s: %s", path, fs_text(status));
        return false;
    }
    struct fs_stat stat = {0};
    if (append)
        memcpy(&stat, file_data_of(fid), sizeof stat);
    programs_hear(false);
    alone = true;
    file = fid;
    offset = stat.size;
    used = 0;
    return true;
}

void say_end(void)
{
    if (file != NOWHERE)
        flush();
    if (file != NOWHERE)
        file_close(file);
    file = NOWHERE;
    if (alone)
        programs_hear(true);
    alone = false;
}
