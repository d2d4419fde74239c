; Where each thread of a replayed sequence begins, and comes back to from each call: replay.c looks at its registers and sets those
; of the next. Nothing but the stack pointer tells who it is.
bits 64
default rel

global replay_begin
extern replay_arrive

%macro PUSH_ALL 1-*
  %rep %0
    %rotate -1
        push    %1
  %endrep
%endmacro

%macro POP_ALL 1-*
  %rep %0
        pop     %1
    %rotate 1
  %endrep
%endmacro

%define ALL rax, rdi, rsi, rdx, r8, r9, r10, r12, r13, r14, r15, rbx

section .text
replay_begin:
        PUSH_ALL ALL
        mov     rdi, rsp
        call    replay_arrive
        cmp     rax, 1
        je      .trap
        ja      .touch
        POP_ALL ALL
        syscall
        jmp     replay_begin
.trap:
        POP_ALL ALL
        int3
        jmp     replay_begin
.touch:
        mov     rcx, rax                ; a register of which nobody says anything
        POP_ALL ALL
        cmp     [rcx], cl
        jmp     replay_begin

section .note.GNU-stack noalloc noexec nowrite progbits
