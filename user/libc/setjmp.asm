; Saving and restoring the registers that a call preserves (System V ABI, 3.2.1).
;
; int setjmp(jmp_buf env)                        rdi: 8 words: rbx rbp r12 r13 r14 r15 rsp rip
; void longjmp(jmp_buf env, int value)           rdi, esi; it is setjmp that returns: value, or 1 for 0

bits 64
default rel

global setjmp
global longjmp

section .text
setjmp:
        mov     [rdi], rbx
        mov     [rdi + 8], rbp
        mov     [rdi + 16], r12
        mov     [rdi + 24], r13
        mov     [rdi + 32], r14
        mov     [rdi + 40], r15
        lea     rax, [rsp + 8]          ; as it is when setjmp has returned
        mov     [rdi + 48], rax
        mov     rax, [rsp]
        mov     [rdi + 56], rax
        xor     eax, eax
        ret

longjmp:
        mov     eax, esi
        cmp     eax, 1
        adc     eax, 0                  ; 0, and only that, is below 1
        mov     rbx, [rdi]
        mov     rbp, [rdi + 8]
        mov     r12, [rdi + 16]
        mov     r13, [rdi + 24]
        mov     r14, [rdi + 32]
        mov     r15, [rdi + 40]
        mov     rsp, [rdi + 48]
        jmp     [rdi + 56]

section .note.GNU-stack noalloc noexec nowrite progbits
