/* What lwIP wants to know of its compiler and its surroundings: the same in a component and on a host. */
#ifndef NET_ARCH_CC_H
#define NET_ARCH_CC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LWIP_NO_UNISTD_H 1
typedef ptrdiff_t ssize_t;
#define LWIP_NO_CTYPE_H 1
#ifndef BYTE_ORDER
#define BYTE_ORDER LITTLE_ENDIAN
#endif

/* An assertion of the stack ends the component, and its parent starts it again. */
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(message) __builtin_trap()

uint32_t stack_random(void);
#define LWIP_RAND() stack_random()

#endif
