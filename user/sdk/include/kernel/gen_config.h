/* What the kernel is, in the words by which components and their Makefiles ask. */
#ifndef BATON_SDK_GEN_CONFIG_H
#define BATON_SDK_GEN_CONFIG_H

/* Build scripts search for the next line as it stands, blanks included. */
#define CONFIG_SEL4_ARCH  x86_64
#define CONFIG_ARCH_X86 1
#define CONFIG_ARCH_X86_64 1
#define CONFIG_WORD_SIZE 64
#define CONFIG_MAX_NUM_NODES 1
#define CONFIG_L1_CACHE_LINE_SIZE_BITS 6

#endif
