; reply_recv where senders wait: the answered thread, which is more urgent, runs; this one is ready, with the first sender's message.
; C twin: sys_reply_recv() in kernel/ipc/ipc.c, with sched_wake() in kernel/thread/sched.c.
;
; On entry (fast_reply_recv, whose checks 1 and 2 hold): rbx the server; rdi the slot of the endpoint capability; rcx user rip, rsp rbp
; the user's; rax r11 scratch; all else the user's.
; Roles: r11 the thread to answer, then the sender; rax the endpoint, then the thread that is answered; rdi its slot, then the
; server's key.
; Guaranteed: cpu.current is a user thread, so its reply_to is NOBODY or a thread that waits for its reply; one that waits to send a
; has no unanswered fault.
;
; Checks, in order; what fails goes to fast_reply_recv.bail_slot:
;   1  the answered thread is more urgent than the server, so it runs at once, and has no slow reason
;   2  the server is more urgent than all that are ready, so it is the first of them and the only one of its priority, and has no slow
;      reason
;   3  senders wait
;   4  no cancellation of a badge stands at the first of them
;   5  that one calls, with no long message
%include "fastpath.inc"

IMPORT_LABEL fast_reply_recv, .bail_slot

; A register of the message, from the sender's TCB to the server's. Uses rcx.
%macro PASS 1
    mov rcx, [r11 + %1]
    mov [rbx + %1], rcx
%endmacro

ENTRY_POINT fast_reply_queued
    mov r11, [rbx + TCB_REPLY_TO]
    mov eax, [rbx + TCB_KEY]
    cmp eax, [r11 + TCB_KEY]
    jae fast_reply_recv.bail_slot
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jbe fast_reply_recv.bail_slot
    mov rax, [rdi + SLOT_OBJECT]
    mov r11, [rax + EP_SEND]
    cmp qword [rax + EP_RECV], slow_head_tcb
    cmovne r11, rbx                     ; what is no sender is not followed, even by a CPU that guesses wrong
    jne fast_reply_recv.bail_slot
    cmp r11, [rax + EP_SCAN]
    je fast_reply_recv.bail_slot
    cmp word [r11 + TCB_SEND_KIND], SEND_PLAIN_CALL
    jne fast_reply_recv.bail_slot
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_WAITER rbx
    cmp r11, [rax + EP_TAIL]
    je .last
    mov rcx, [r11 + TCB_NEXT]
    mov [rax + EP_SEND], rcx
.received:
    PASS TCB_RSI
    PASS TCB_RDX
    PASS TCB_R8
    PASS TCB_R9
    PASS TCB_R10
    PASS TCB_R12
    PASS TCB_R13
    PASS TCB_R14
    PASS TCB_R15
    mov rcx, [r11 + TCB_SEND_BADGE]
    mov [rbx + TCB_RDI], rcx
    mov qword [rbx + TCB_RBX], 0
    mov rax, [rbx + TCB_REPLY_TO]
    mov [rbx + TCB_REPLY_TO], r11
    mov [r11 + TCB_WAIT], rbx           ; it waits for the server's reply
    COPY [rbx + TCB_SLICE_LEFT], [rel cpu + CPU_SLICE_LEFT]
    mov qword [rbx + TCB_WAIT], READY_RETURNED
    mov edi, [rbx + TCB_KEY]
    PUT_ON_TOP rbx, rcx, rbp, rdi, edi
    COPY [rel cpu + CPU_SLICE_LEFT], [rax + TCB_SLICE_TICKS]
    mov [rel cpu + CPU_CURRENT], rax
    SWITCH_SPACE rbx, rax
    xor edi, edi                        ; a reply has no badge
    RETURN_MESSAGE rax
    ; Changed: server all registers but rax, reply_to slice_left wait; its queue; sender wait; endpoint send, or recv; cpu.current
    ; threshold slice_left highest ready_bits; CR3.
    ; At exit: rax 0, rbx 0, rcx rip, rdi 0, rsi label, rdx r8 r9 r10 r12-r15 words, rsp rbp the answered thread's own, r11
    ; the fixed flags.

.last:
    mov qword [rax + EP_RECV], nobody_tcb
    jmp .received
