/* What the shell's files share: the terminal, where text goes, the line that is typed, and the commands. */
#ifndef SERVICES_SHELL_H
#define SERVICES_SHELL_H

#include <stdbool.h>
#include "denied/denied.h"
#include "fs/client.h"
#include "proc/protocol.h"
#include "service.h"
#include "users/users.h"

enum {
    SERIAL = 0,
    FILES = 1,
    KEEPER = 2,
    TIMER = 3,
    NOTES = 4,
    PROCESSES = 6,
    DISK = 7,
    DRIVERS = 8
}; /* channels */
enum { LINE = 256, WORDS = 32 };

/* terminal.c: the serial port. A newline goes there as both characters that a terminal wants. */
void terminal_start(void);
void terminal_write(const char *text, uint32_t bytes);
bool terminal_key(char *key); /* false: none has come */
bool terminal_sleep(void);    /* true: there will be a signal */
void wait_for_signal(void);

/* say.c: what a command says goes to a program, or with what programs say to a file or the terminal. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_bytes(const char *text, uint32_t bytes);
void say_to(seL4_Word pid);                         /* from now on; 0: to nobody */
void say_through(const char *text, uint32_t bytes); /* of a program */
/* From now on into that file: a new one, or behind what there is. */
bool say_into(const char *path, bool append);
void say_end(void); /* to the terminal again */
/* A line to the terminal, and never into a file. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* edit.c: a line with its history. */
void edit_start(void);
/* True: the line is whole, and stands in edit_line. */
bool edit_key(char key);
extern char edit_line[LINE];
void edit_show(void);   /* prompt and line, anew */
void edit_forget(void); /* what was typed, to the last character */

/* path.c: a path as the server wants it, from one that may begin with / and have . and .. in it; NULL: it is too long. */
const char *path_of(const char *typed);
extern char path_here[FS_PATH + 1]; /* the current folder */

/* files.c */
const char *fs_text(enum fs_status status);

/* places.c: as fs/client.h, of all file systems together. Paths are those of path_of(). */
void files_start(void);
/* From now on for this user, whose homes are made if they are wanted; NULL: for one who may do everything. */
void files_for(const char *user, bool homes);
enum fs_status file_open(const char *path, uint32_t flags, uint64_t *fid);
void file_close(uint64_t fid);
enum fs_status file_read(uint64_t fid, uint64_t offset, void *to, uint32_t *length);
enum fs_status file_write(uint64_t fid, uint64_t offset, const void *from, uint32_t *length);
enum fs_status file_ask(struct ring_entry *request, struct ring_entry *answer); /* the request's a is a fid */
const char *file_data_of(uint64_t fid);                                         /* where its buffer is */
enum fs_status file_path(enum fs_op op, const char *path);
bool file_rename(const char *from, const char *to,
                 enum fs_status *status); /* false: they are not of one system */
enum fs_status file_sync(void);
void file_changed(void); /* by somebody else */
/* What a command has changed on the disk is safe before the next one: the disk's server may die, and then begins with what is there. */
void file_settle(void);
bool file_space(unsigned place, uint64_t *free, uint64_t *all); /* false: there is no such place */

/* words.c: what a line says. */
enum {
    STARTS = 1 << 30 /* it starts programs: all words behind it are theirs, | too, and the first reads < FILE */
};
struct command {
    const char *name, *arguments, *what;
    void (*run)(int count, char **word); /* word[0] is its name */
    int least, most;                     /* words behind it */
    uint64_t kind;                       /* rights that the user must have, and STARTS */
};
void obey(char *line);
bool is_command(const char *name);

extern const struct command file_commands[], system_commands[],
    program_commands[]; /* each ended by one without a name */

/* login.c */
extern const struct command login_commands[];
void login_start(void); /* asks for a name, or shows the prompt if nobody has to log in */
bool login_done(void);
void login_key(char key); /* until it is done */
bool login_waits(void);   /* no key is looked at now: after what was wrong, until a signal of the timer's */
void login_show(void);
seL4_Word login_grants(void); /* of a program of this user */
const char *login_name(void);
bool login_has(uint64_t right);
bool login_may(uint64_t right, const char *what); /* false: it has said so, and noted it */
bool login_owns(seL4_Word pid, const char *what); /* ... or may do it with all programs */
void login_refuse(const char *who, const char *what, enum denied_why why);

/* denied.c */
void denied_list(int count, char **word); /* a command */

/* network.c */
extern const struct command network_commands[];

/* trace.c: what the kernel records, if it does. */
void trace_show(int count, char **word); /* a command */
bool trace_missing(const char *what);    /* true: it records nothing, and that has been said */
void trace_begin(void); /* who uses the CPU: from now on; what has come; in lines, false: nobody knows */
void trace_look(void);
bool trace_shares(void);
void trace_refused(void);

/* watch.c */
void watch_top(int count, char **word); /* a command */
void watch_waits(void);
void watch_leaks(void);

/* programs.c: what runs. */
void programs_start(void);
/* A line whose first word is no command: programs, with | between them, perhaps & at the end. */
void programs_run(int count, char **word);
/* The first of them reads what that command says. */
void programs_fed(int count, char **word, const struct command *c, int words, char **of_command);
bool programs_have_keys(void); /* what is typed goes to one that runs */
void programs_key(char key);
/* From now on nothing comes of other users' programs, or of everybody's again; what had come has been said. */
void programs_hear(bool all);
bool programs_look(void);                      /* says what has happened; true: it was something */
bool programs_sleep(void);                     /* true: there will be a signal */
void programs_named(int count, char **word);   /* a command */
void programs_without(int count, char **word); /* another */
void programs_again(int count, char **word);   /* another */

/* feed.c: what the first program of a line reads. */
bool feed_open(const char *name); /* a file; NULL: what is typed */
void feed_close(void);
void feed(seL4_Word reader);
/* Text of a command, of which no byte is lost while that one runs; none: the end. */
void feed_text(seL4_Word reader, const char *text, uint32_t bytes);
void feed_key(char key);
void feed_forget(void);    /* what was typed and not read */
bool feed_next(char *key); /* of that, when no program runs that could read it: it is a command */

/* processes.c: what the process server tells of them. */
bool status_of(seL4_Word pid, struct proc_status *status);
void programs_list(void);
enum { MOST_PROCESSES = 16 };
struct watched {
    seL4_Word pid;
    struct proc_status status;
};
unsigned programs_all(struct watched *all); /* those that run, at most MOST_PROCESSES; how many */
bool programs_kill(const char *number);
bool is_number(const char *text, seL4_Word *number); /* decimal, and nothing else */

/* spawn.c: a program's file, and what stands behind its name. */
seL4_Word spawn(int count, char **word, seL4_Word grants);
/* The same process, anew; from now on its wish is `again`. SERVICE_OK; PROC_LATER: not while a file server is at what it asked; otherwise
   it has said why. */
seL4_Word spawn_again(seL4_Word pid, seL4_Word again);
enum { RIGHTS = 9 };
extern const char *const right_names[RIGHTS]; /* by their bits in PROC_ALL */
bool ask_proc(seL4_Word label, seL4_Word words, seL4_Word one, seL4_Word two);

#endif
