; The first instructions of a program, and the last ones of its threads.
;
; _start(boot info in rdi): rsp is the top of the first thread's stack. main's value becomes the exit code of
; the machine if the program holds a debug capability; otherwise its first thread stops.
; thread_exit: where a thread's function returns to (thread.c); the word above its return address on the
; stack is the capability address of the thread's own TCB, because only its maker knew it.

bits 64
default rel
%include "abi.inc"

global _start
global thread_exit
extern main

section .text.start
_start:
        xor     ebp, ebp                ; ends the chain of frames for a debugger
        and     rsp, -16                ; the ABI: rsp is a multiple of 16 at a call
        call    main
        mov     esi, eax
        mov     edi, CAP_DEBUG << SLOT_BITS
        mov     eax, SYS_DEBUG_EXIT
        syscall                         ; comes back only when there is no debug capability
        mov     edi, CAP_SELF_TCB << SLOT_BITS
        jmp     stop

thread_exit:
        pop     rdi
stop:
        mov     eax, SYS_THREAD_SUSPEND ; keeps rdi
        syscall
        test    rax, rax
        jz      stop                    ; somebody resumed it: it has nothing left to do
        ud2                             ; it gave its own TCB away: the fault stops it, or tells its pager
        jmp     stop

section .note.GNU-stack noalloc noexec nowrite progbits
