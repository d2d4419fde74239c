/* Where things are in the kernel's half of the address space; also read by the linker script and NASM. */
#ifndef BATON_LAYOUT_H
#define BATON_LAYOUT_H

#define KERNEL_VMA 0xffffffff80000000 /* the image: virtual minus physical */
#define KERNEL_PHYS 0x200000          /* where it is loaded: one 2 MiB page of its own, or several */
#define PHYSMAP 0xffff800000000000    /* all RAM except the image, once, writable and never executable */

#define KERNEL_STACK 4096 /* bytes; at build time scripts/build/stack_bound.py shows that they suffice */

#define SEL_KERNEL_CODE 0x08
#define SEL_KERNEL_DATA 0x10
#define SEL_USER_DATA 0x1b /* SYSRET loads SS from STAR[63:48] + 8 and CS from + 16 (SDM vol. 2, SYSRET) */
#define SEL_USER_CODE 0x23
#define SEL_TSS 0x28

#endif
