/* Extended state, FS and GS base, the bits of CR0 and CR4 that open them, the local APIC in x2APIC mode, and the time: the emulated CPU
   does not know the instructions that switch them, or has a time of its own, so these are carried out here. The registers of extended state are one word. */
#ifndef EQUIV_EXTENDED_H
#define EQUIV_EXTENDED_H

#include <stdbool.h>
#include <stdint.h>

#define TSC_NOW (1ull << 40) /* what RDTSC reads first */
#define HERE_STATE 0x57a7e0000001ull /* what the registers hold at first */

struct extended {
    uint64_t state, fs_base, gs_base;
    uint64_t eoi,
        apic_timer;  /* what was written to these registers of the local APIC in x2APIC mode, and how often */
    bool barred;     /* CR0.TS */
    bool bases_open; /* CR4.FSGSBASE */
};

enum {
    CR0_BARRED = 0x8001003b,
    CR4_BASES_CLOSED = 0x3006a0,
    CR4_BASES_OPEN = 0x3106a0
}; /* cpu.cr0_barred and its kin */

/* What runs knows of such a CPU: it has XSAVEOPT and FSGSBASE. pre: image_load */
void extended_init(void);
/* Finds the instructions in the text between those addresses. Calls this before each: carry(address) says how many bytes it has, and has carried it out; 0: the
   CPU would have faulted; NOT_CARRIED: the emulator knows it. */
enum { NOT_CARRIED = 0xff };
void extended_find(uint64_t from, uint64_t to, void (*found)(uint64_t address));
unsigned extended_carry(uint64_t address, char *why, unsigned size);
/* As they are while the state's running thread runs. */
void extended_start(void);
/* The C path reads the time anew: what a path has read that leaves to it does not count. */
void extended_read_anew(void);
extern uint64_t extended_time_step; /* between two readings */
extern struct extended extended;
extern bool
    extended_clears; /* the mitigation `fpu` is in force: the registers hold the running thread's state or nobody's */

#endif
