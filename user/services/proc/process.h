/* What the server's files share: a process, and what it is made of. */
#ifndef SERVICES_PROC_PROCESS_H
#define SERVICES_PROC_PROCESS_H

#include <baton/pool.h>
#include "denied/denied.h"
#include "fs/places.h"
#include "fs/protocol.h"
#include "image.h"
#include "protocol.h"
#include "ring/ring.h"

enum { PROCESSES = 8, INPUT_BYTES = 1024, PRIORITY = 50, PRIORITY_BEHIND = 40 };
enum { WINDOWS = 3, NETWORK = 4 /* channels of the window manager, and of the network */ };
enum { BASE_OF_CALLS = 128 /* ids of processes that call, apart from those of channels */ };

/* Where things are in a process; addresses that user/programs/program.ld knows, too. */
enum { PAGE = 4096, STACK_PAGES = 8 };
#define PROCESS_STACK_END 0x7fffffffd000ull
#define PROCESS_BUFFER 0x7fffffffe000ull

/* Pages that it began with; those of its heap follow behind the last. */
struct part {
    seL4_Word vaddr;
    uint8_t rights;
    uint16_t first, pages;
};

/* One that a process has made: what is known of it outlives it, until its maker has asked. */
struct copy {
    unsigned pid; /* 0: there is none */
    enum proc_end end;
    seL4_Word code;
};

struct process {
    unsigned pid; /* 0: there is none */
    unsigned index, life;
    struct proc_status status;
    unsigned grants, argument_bytes;
    char user[PROC_NAME];   /* whose files are its own; empty: nobody's */
    unsigned frames, spare; /* made of its memory; the last so many are not mapped */
    seL4_Word heap, break_; /* where its heap begins, and what follows its last page */
    struct part part[IMAGE_SEGMENTS + 2];
    unsigned parts;
    bool writes;     /* it waits for room */
    unsigned parent; /* pid of the process of which it is a copy, or 0 */
    struct copy
        copies[PROCESSES]; /* that it has made, in turn, and does not know the end of yet; more cannot run */
    unsigned pipe;         /* pid of the one that reads what it writes, or 0 */
    bool file_waits, file_done; /* for an answer of the file server; it has come */
    uint16_t file_path;         /* so many bytes of what was asked are a path */
    unsigned file_place;        /* which file server was asked last */
    unsigned open[FS_PLACES];   /* how many fids it has there */
    struct ring_entry file_answer;
    bool input_ends;
    unsigned input_first, input_count;
    char input[INPUT_BYTES];
};

extern struct process processes[PROCESSES];

/* memory.c: its objects are of one piece of the pool, and go with it. */
void memory_start(void);
bool memory_make(struct process *p);
bool memory_load(struct process *p, const void *file, const struct image *image, const char *arguments,
                 unsigned bytes);
bool memory_clone(struct process *p, const struct process *from);
bool memory_run(struct process *p, seL4_Word entry, seL4_Word stack);
void memory_take_back(struct process *p);
bool memory_more(struct process *p, unsigned pages);
bool memory_less(struct process *p, unsigned pages);
void memory_signal(const struct process *p);
void memory_count(struct proc_room *room);
/* What is there in its memory, to be read up to the end of that page, or changed; NULL: no page, or none that it may change. Until the next is looked at, or memory_seen(). */
void *memory_see(const struct process *p, seL4_Word vaddr, bool change);
void memory_seen(void);

/* calls.c: what processes ask. */
microkit_msginfo answer_process(struct process *p, seL4_Word label, seL4_Word count);
uint32_t give_input(struct process *p, const char *text, uint32_t bytes); /* how many there was room for */
void wake_writers(void);
void hear(seL4_Word user); /* or PROC_EVERYBODY: what others write waits */
void output_start(void);

/* files.c */
void files_start(void);
void files_look(void);
void files_end(struct process *p); /* what it has open is closed */
/* What was asked in this place of `processes` is not answered, be the process there or not. */
bool files_wait(const struct process *p);
microkit_msginfo files_ask(struct process *p, seL4_Word count);

/* window.c: the one window that there is for processes. */
void window_start(void);
void window_look(void); /* what the window manager says */
void window_end(const struct process *p);
microkit_msginfo window_ask(struct process *p, seL4_Word label, seL4_Word count);

/* sockets.c: those of processes, by one session with the network. */
void sockets_start(void);
void sockets_look(void); /* what the network says */
void sockets_end(const struct process *p);
void sockets_count(struct proc_room *room);
microkit_msginfo socket_ask(const struct process *p, seL4_Word label, seL4_Word count);

/* copies.c: who waits for the end of a copy. */
void copy_made(struct process *p, seL4_Word pid);
void copy_ended(const struct process *copy);
microkit_msginfo copy_wait(struct process *p, seL4_Word pid);

/* server.c */
struct process *process_of(seL4_Word pid); /* NULL: there is none */

/* denied.c */
void refuse(const struct process *p, seL4_Word label, enum denied_why why);
/* By a path in this place; NULL: it is not known. */
void refuse_file(const struct process *p, unsigned op, unsigned place, const char *path, uint32_t bytes,
                 enum denied_why why);
void refuse_fault(const struct process *p, seL4_Word label,
                  seL4_Word address); /* with its words in the message */
/* For a status that is a refusal. */
void refuse_status(const struct process *p, unsigned op, const char *path, enum fs_status status);

/* lives.c */
extern unsigned held; /* windows and sockets that processes have: mostly none */
bool runs(const struct process *p);
bool lives(const struct process *p); /* it runs, or died of a fault and may be begun again */
void ended(struct process *p, enum proc_end how, seL4_Word code);
void forget(struct process *p); /* pre: it does not run */
microkit_msginfo answer_words(seL4_Word label, const void *words, unsigned bytes);
microkit_msginfo spawn(seL4_Word bytes, seL4_Word arguments, seL4_Word grants,
                       const char *user); /* NULL: nobody */
microkit_msginfo restart(struct process *p, seL4_Word bytes, seL4_Word again);
microkit_msginfo began(const struct process *p);
microkit_msginfo clone(const struct process *p, seL4_Word entry, seL4_Word stack);

#endif
