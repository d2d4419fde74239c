; The first instructions of a component, each time that it starts. A component whose file says reset="true" begins with
; fresh data: the tool has left a copy of it, which the component can only read, and says here where.
bits 64
default rel

global _start
extern main

section .text.start
_start:
        xor     ebp, ebp                ; ends the chain of frames for a debugger
        and     rsp, -16                ; the ABI: rsp is a multiple of 16 at a call
        cld
        mov     rdi, [baton_reset.data]
        mov     rsi, [baton_reset.copy]
        mov     rcx, [baton_reset.words]
        rep movsq
        mov     rcx, [baton_reset.zeros]
        xor     eax, eax
        rep stosq                       ; after the data
        call    main
        ud2                             ; it has no end

section .rodata
global baton_reset
align 8
baton_reset:
.data:  dq 0
.copy:  dq 0
.words: dq 0
.zeros: dq 0                           ; words, too

section .note.GNU-stack noalloc noexec nowrite progbits
