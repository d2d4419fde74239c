/* kernel/arch/x86_64/paging.c by names of its own: the host has its functions, too (arch_host.c). Before all other headers. */
#ifndef PAGING_NAMES_H
#define PAGING_NAMES_H

#define arch_kernel_cr3 paging_kernel_cr3
#define arch_space_cr3 paging_space_cr3
#define arch_space_init paging_space_init
#define arch_space_flush paging_space_flush
#define arch_flush_page paging_flush_page
#define arch_has_page paging_has_page

#endif
