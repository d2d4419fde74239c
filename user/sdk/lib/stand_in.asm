; A second thread of a component that others may call. It runs only while the component is stopped or dead, and answers each call
; with BATON_LABEL_NO_ANSWER (microkit.h), so that nobody waits for an answer that may never come. Its parent starts and stops it
; (child.c), or the root task if it has no parent. It uses no stack and no data: whatever the component has done to these, it works.
;
; When the component is itself a parent, its children outlive it and nobody is left to hear of their faults: such a child is stopped,
; and its own stand-in started.
bits 64
default rel
%include "words.inc"

%define CALL_BIT 63
%define FAULT_BIT 62
%define BASE_TCB_CAP 202
%define BASE_STAND_IN_CAP 266
%define NO_ANSWER -1 << 12

global baton_stand_in

section .text
; in: rdi the address of the endpoint
baton_stand_in:
        mov     rbp, rdi
        lea     rbx, [baton_stand_in]   ; there its parent finds where to begin anew
.receive:
        mov     eax, SYS_RECV           ; which drops the right to answer a fault
.enter:
        mov     rdi, rbp
        syscall
        test    rax, rax
        js      .failed
        btr     rdi, CALL_BIT
        jc      .answer
        btr     rdi, FAULT_BIT
        jnc     .receive
        mov     r12, rdi
        lea     rdi, [r12 + BASE_TCB_CAP]
        shl     rdi, SLOT_BITS
        mov     eax, SYS_THREAD_SUSPEND
        syscall
        xor     esi, esi
        xor     edx, edx
        xor     r8d, r8d
        mov     eax, SYS_THREAD_SET_ENTRY ; it answers nobody any more
        syscall
        lea     rdi, [r12 + BASE_STAND_IN_CAP]
        shl     rdi, SLOT_BITS
        mov     eax, SYS_THREAD_RESUME  ; an error: it has none
        syscall
        jmp     .receive
.answer:
        CLEAR_WORDS
        mov     rsi, NO_ANSWER
        mov     eax, SYS_REPLY_RECV
        jmp     .enter
.failed:
        cmp     rax, ERR_CANCELED
        je      .receive
        ud2                             ; without an endpoint there are no calls

section .note.GNU-stack noalloc noexec nowrite progbits
