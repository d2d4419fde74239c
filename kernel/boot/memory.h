#ifndef BATON_BOOT_MEMORY_H
#define BATON_BOOT_MEMORY_H

/* The final page tables are loaded: physical memory is no longer at its own addresses. */
void boot_memory_in_physmap(void);

#endif
