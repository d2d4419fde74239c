/* Which CPU this is, as CPUID tells ring 3, and whether a hypervisor says that it is present. */
#ifndef BENCH_CPU_ID_H
#define BENCH_CPU_ID_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_id {
    char brand[49];     /* without blanks at its ends, and one for several; empty: the CPU does not say */
    char vendor[13];    /* "GenuineIntel" */
    uint32_t signature; /* EAX of leaf 1 */
    uint32_t family, model, stepping; /* the same, with the extended parts */
    bool has_rdtscp;
    bool is_virtual;     /* bit 31 of leaf 1's ECX, which hypervisors set and no CPU has */
    char hypervisor[13]; /* what it calls itself; empty: it does not say */
};

/* pre: no measured region is open: in a guest CPUID goes to the hypervisor. */
void cpu_id_read(struct cpu_id *id);

#endif
