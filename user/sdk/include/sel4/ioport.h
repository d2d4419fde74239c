/* I/O ports by seL4's names: a capability to a range, and the number of the port itself. */
#ifndef BATON_SDK_SEL4_IOPORT_H
#define BATON_SDK_SEL4_IOPORT_H

#include <sel4/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* error: 0, or an seL4_Error. */
typedef struct seL4_X86_IOPort_In8 {
    int error;
    seL4_Uint8 result;
} seL4_X86_IOPort_In8_t;

typedef struct seL4_X86_IOPort_In16 {
    int error;
    seL4_Uint16 result;
} seL4_X86_IOPort_In16_t;

typedef struct seL4_X86_IOPort_In32 {
    int error;
    seL4_Uint32 result;
} seL4_X86_IOPort_In32_t;

seL4_X86_IOPort_In8_t seL4_X86_IOPort_In8(seL4_X86_IOPort ports, seL4_Uint16 port);
seL4_X86_IOPort_In16_t seL4_X86_IOPort_In16(seL4_X86_IOPort ports, seL4_Uint16 port);
seL4_X86_IOPort_In32_t seL4_X86_IOPort_In32(seL4_X86_IOPort ports, seL4_Uint16 port);
seL4_Error seL4_X86_IOPort_Out8(seL4_X86_IOPort ports, seL4_Word port, seL4_Word value);
seL4_Error seL4_X86_IOPort_Out16(seL4_X86_IOPort ports, seL4_Word port, seL4_Word value);
seL4_Error seL4_X86_IOPort_Out32(seL4_X86_IOPort ports, seL4_Word port, seL4_Word value);

#ifdef __cplusplus
}
#endif

#endif
