/* libbaton, with which every ring-3 program here is linked. */
#ifndef BATON_H
#define BATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "abi.h"
#include "bootinfo.h"
#include "syscall.h"

/* Every program supplies this; when it returns, the value becomes the machine's exit code (0: success) if
   the program has a debug capability, else its thread stops. start.asm calls it. */
#if !__STDC_HOSTED__ /* a unit test on the host has a main of its own */
int main(const struct bootinfo *bi);
#endif

/* ---- print.c: printf of the C library (user/libc), whose console is the kernel's. */
int print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- cmdline.c */
/* Shell pattern with * and ?: does it match all of `text`? */
bool glob_match(const char *pattern, const char *text);
/* Value of the last `key=value` among the blank-separated words of `cmdline`, copied into buffer (cut to
   size - 1 characters); false: not there, and the buffer is as it was. */
bool cmdline_value(const char *cmdline, const char *key, char *buffer, size_t size);

/* ---- alloc.c: slots and objects from the untyped memory that the boot info names. */
/* pre: called once, before the others. */
void alloc_init(const struct bootinfo *bi);
/* A slot that is free: its index in the root CNode. Ends the program with a message when there is none. */
uint64_t slot_new(void);
/* Gives a slot back; it must be empty. */
void slot_free(uint64_t slot);
/* Makes the same objects as object_new, in a slot of the caller's; returns 0 or an error. */
long object_try(unsigned type, unsigned size_bits, uint64_t slot);
/* Makes an object in a new slot; returns the slot's index, or ends the program with a message. size_bits is
   0 for types of one size; for a CNode it is the radix; for a frame 12; for an untyped the size. */
uint64_t object_new(unsigned type, unsigned size_bits);
/* Deletes the capability in a slot that slot_new or object_new gave, and gives the slot back. */
void object_delete(uint64_t slot);
/* Maps a frame in a space, making and mapping page tables as needed. Returns 0 or an error. */
long map_frame(uint64_t frame_slot, cap_t space, uint64_t vaddr, unsigned rights);
/* `pages` new zeroed pages mapped in this program, readable and writable, at an address nobody uses. */
void *pages_new(size_t pages);
/* Only the address of such a stretch: nothing is mapped there, and nobody else will map anything. */
uint64_t pages_reserve(size_t pages);

/* ---- thread.c: more threads of this program. */
struct thread {
    uint64_t tcb; /* slot */
    void *stack;
};
/* A thread of this program that runs function(argument) on a stack of its own, not yet resumed. It stops when
   the function returns. priority is also its ceiling. fault_ep: capability address of its fault endpoint, or 0. */
struct thread thread_new(void (*function)(uint64_t argument), uint64_t argument, unsigned priority,
                         cap_t fault_ep);

/* ---- sleep.c: waiting for a time. One sleeper serves one thread at a time. */
struct sleeper {
    uint64_t timer, notification; /* slots */
};
struct sleeper sleeper_new(void);
/* Returns when clock_read() has reached the deadline; ends the program with a message when it cannot wait. */
void sleep_until(const struct sleeper *s, uint64_t deadline);
void sleep_ns(const struct sleeper *s, uint64_t ns);
/* This time in ticks of clock_read(), rounded up; UINT64_MAX when they are more. */
uint64_t clock_ticks(uint64_t ns);

/* ---- spawn.c, give.c: other programs. Whatever goes wrong ends this program with a message. */
struct program {
    uint64_t cnode, space, tcb; /* slots in the maker's CNode */
    uint64_t next_slot;         /* first free slot of the program's own root CNode */
    struct bootinfo *bi;        /* its boot info, writable here until program_start */
    uint64_t bi_slot;           /* the frame capability that maps it here */
};
/* The boot module of that name, or NULL. */
const struct bootinfo_module *module_find(const struct bootinfo *bi, const char *name);
/* Loads the ELF file of a boot module into a new address space, with a CNode of 2^radix slots that holds its
   own CNode, space and TCB, and its boot info. priority is also its ceiling. It is not started. */
struct program program_new(const struct bootinfo *bi, const char *module, unsigned radix, unsigned priority,
                           cap_t fault_ep);
/* Copies (or, with badge not 0, mints) a capability of ours into the program's next free slot; its index there. */
uint64_t program_give(struct program *p, uint64_t slot, unsigned rights, uint64_t badge);
/* The same, into the slot `index` of the program: for those that abi.def names, such as CAP_DEBUG. */
void program_give_at(struct program *p, uint64_t index, uint64_t slot, unsigned rights, uint64_t badge);
/* Moves a capability into the program's next free slot; returns its index there. */
uint64_t program_move(struct program *p, uint64_t slot);
/* Moves untyped memory of ours to the program and names it in its boot info; false: there is no room for one more
   in it. pre: untyped.slot is a slot of ours that the allocator does not use. */
bool program_give_untyped(struct program *p, struct bootinfo_untyped untyped);
/* Maps all boot modules of ours at the same addresses in the program, read only, and names them in its boot
   info, so that it can start programs itself. pre: called once. */
void program_give_modules(struct program *p, const struct bootinfo *bi);
/* Sets first_free_slot and starts it. */
void program_start(struct program *p);

/* ---- names.c: the names of numbers in abi.def. */
const char *error_name(long error);
const char *fault_name(uint64_t label);
const char *type_name(unsigned type);

/* Says why on the console and ends the machine with code 1 (or stops the thread when there is no debug
   capability). */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Does so when `result` is an error: "what: the error". */
void must(long result, const char *what);

#endif
