; unsigned ours_registers(int value, int *returned): see ours.h.
;
; On its stack: the jump buffer (8 words), value, returned.

bits 64
default rel

global ours_registers
extern setjmp
extern longjmp

%define FRAME 88
%define VALUE 64
%define RETURNED 72

; Ends with bit %1 of eax set if %2 is not %3.
%macro DIFFERS 3
        mov     ecx, eax
        or      ecx, 1 << %1
        cmp     %2, %3
        cmovne  eax, ecx
%endmacro

section .text
ours_registers:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        sub     rsp, FRAME
        mov     [rsp + VALUE], edi
        mov     [rsp + RETURNED], rsi
        mov     [place], rsp
        mov     ebx, 101
        mov     ebp, 102
        mov     r12d, 103
        mov     r13d, 104
        mov     r14d, 105
        mov     r15d, 106
        mov     rdi, rsp
        call    setjmp
        test    eax, eax
        jnz     .back
        mov     rdi, rsp
        mov     esi, [rsp + VALUE]
        xor     ebx, ebx
        xor     ebp, ebp
        xor     r12d, r12d
        xor     r13d, r13d
        xor     r14d, r14d
        xor     r15d, r15d
        sub     rsp, 1024               ; as from a deeper call
        call    longjmp
.back:
        mov     edx, eax
        xor     eax, eax
        DIFFERS 6, rsp, [place]
        mov     rsp, [place]            ; so that this returns whatever longjmp did
        DIFFERS 0, rbx, 101
        DIFFERS 1, rbp, 102
        DIFFERS 2, r12, 103
        DIFFERS 3, r13, 104
        DIFFERS 4, r14, 105
        DIFFERS 5, r15, 106
        mov     rsi, [rsp + RETURNED]
        mov     [rsi], edx
        add     rsp, FRAME
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret

section .bss
place:  resq 1

section .note.GNU-stack noalloc noexec nowrite progbits
