/* Mitigations in force: decided once at boot, then built into the code that enters and leaves the kernel.
 */
#ifndef BATON_MITIGATE_H
#define BATON_MITIGATE_H

#include <stdint.h>
#include "arch/x86_64/flaw.h"

/* The ways into and out of the kernel, of which there are three (variant/README.md): entry.asm and fastpath/.
 */
struct entries {
    uint64_t syscall, syscall_slow, syscall_traced, page_fault, clock, interrupt_stubs, vector_stubs, resume;
};

enum { SITE_CLAC = 1 << MITIGATIONS }; /* a place in them where CLAC belongs */

extern const struct entries *entries; /* those in use */
extern uint32_t mitigations;          /* set of enum mitigation: in force */

/* facts: all 0. */
void cpu_facts_read(struct cpu_facts *facts);
/* words: what the command line says, or "auto". pre: the boot page tables, under which text is writable; before
   cpu_init */
void mitigations_init(const char *words);
/* Takes away from the entries what is not in force. pre: mitigations_init, cpu_init; the boot page tables */
void mitigations_patch(void);
/* Leaves the boot for the first thread, by the entries in use. */
_Noreturn void mitigations_resume(void);

#endif
