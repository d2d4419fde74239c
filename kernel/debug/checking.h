/* Is this the checking build (make CHECK=1)? And what the kernel tells it on the way: in the other build all of that is
   nothing. above: the functions are in kernel/check/. */
#ifndef BATON_CHECKING_H
#define BATON_CHECKING_H

#include <stdint.h>

struct slot;
struct tcb;

#ifdef BATON_CHECK
enum { CHECKING = 1 };
#else
enum { CHECKING = 0 };
#endif

/* ---- invariants.c */
/* Panics with a description when a statement of docs/invariants.md does not hold. Walks all capabilities,
   threads and queues. */
void check_invariants(void);

/* ---- queues.c */
/* Panics if the run queue is not as it must be. */
void check_queues(void);

/* ---- poison.c */
/* The object of this capability, its last, is no more: its memory is filled with what is neither zero, an
   address, a present entry of a page table nor a capability, so that code which looks at it once more in the
   same entry is found out. */
void poison(const struct slot *s);

static inline void object_gone(const struct slot *s)
{
    if (CHECKING)
        poison(s);
}

/* An entry that has deleted anything makes and moves no capability: one looked up before may be gone
   (delete.h). Each tells what it does; an entry that breaks that rule panics. */
void entry_forget(void);
void entry_note_deletion(void);
void entry_assert_none(void);

static inline void entry_begins(void)
{
    if (CHECKING)
        entry_forget();
}

static inline void entry_deletes(void)
{
    if (CHECKING)
        entry_note_deletion();
}

static inline void entry_makes(void)
{
    if (CHECKING)
        entry_assert_none();
}

/* A slot that a deletion step may have freed is looked at. */
void slot_assert_lives(const struct slot *s);

static inline void slot_lives(const struct slot *s)
{
    if (CHECKING)
        slot_assert_lives(s);
}

/* ---- coverage.c: which results each system call has had. coverage=on on the command line counts them, and sys_debug_exit prints
   what tests/runner/coverage.py compares with abi.def. The fast paths are out of use then. */
void coverage_start(void);
/* A call begins; r14 and r15 are not in its caller's TCB while the call is a quick one. And which call it was, for a panic. */
void coverage_begin(const struct tcb *caller, uint64_t r14, uint64_t r15);
void coverage_print_call(void);
/* The call is done with that result, or its caller waits in it: then coverage_entry() counts how the wait ends. */
void coverage_call(const struct tcb *caller, uint64_t number, long result);
/* At the end of every entry, whatever it was for. */
void coverage_entry(void);
/* The thread is no more. */
void coverage_gone(const struct tcb *t);
void coverage_dump(void);

/* What the checking build (make CHECK=1) does at the end of every entry; nothing in the other. */
static inline void check_entry(void)
{
    if (CHECKING) {
        coverage_entry();
        check_invariants();
    }
}

#endif
