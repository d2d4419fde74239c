; reply_recv to a thread that faulted: it goes on where the fault was, and this thread waits at the endpoint.
; C twin: sys_reply_recv() in kernel/ipc/ipc.c.
;
; On entry (fast_reply_recv, whose checks 1 to 3 hold): rbx the server; rdi the slot of the endpoint capability; r11 the
; thread to answer, or NOBODY; rcx user rip, rsp rbp the user's; rax scratch; all else the user's.
;
; Checks, in order:
;   1  the thread waits for the reply to a fault, and has no other slow reason   else .other: NOBODY is for fast_recv, all others for
;      fast_reply_extended
;   2  it goes back by IRET: a fault that was no system call                     else fast_reply_recv.bail_slot
;   3  the key that it would have reaches the threshold                          else fast_reply_recv.bail_slot
%include "fastpath.inc"

IMPORT_LABEL fast_reply_recv, .bail_slot
IMPORT_LABEL fast_recv, .nobody_answered
IMPORT fast_reply_extended

ENTRY_POINT fast_reply_fault
    cmp dword [r11 + TCB_SLOW_REASONS], SLOW_FAULTED
    jne .other
    cmp byte [r11 + TCB_RESUME], RESUME_IRET
    jne fast_reply_recv.bail_slot
    movzx eax, byte [r11 + TCB_PRIORITY]
    inc eax
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jb fast_reply_recv.bail_slot
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_WAITER rbx
    mov rdi, [rdi + SLOT_OBJECT]
    mov [rdi + EP_RECV], rbx            ; the only receiver: recv_tail means nothing without SLOW_FOLLOWED
    mov [rbx + TCB_WAIT], rdi
    mov dword [r11 + TCB_SLOW_REASONS], 0
    mov [r11 + TCB_KEY], eax
    shl eax, QUEUE_BITS
    add rax, [rel cpu + CPU_QUEUES]
    mov [r11 + TCB_QUEUE], rax
    mov [rel cpu + CPU_CURRENT], r11
    SWITCH_SPACE rbx, r11
    mov rsp, [rel cpu + CPU_STACK_TOP]
    RETURN_INTERRUPTED r11
    ; Changed: server rip rsp rbp wait; endpoint recv; the thread's slow_reasons key queue; cpu.current; CR3; the
    ; kernel's stack. At exit: all sixteen registers, rip and rflags the thread's own.

.other:
    cmp r11, nobody_tcb
    jne fast_reply_extended
    mov eax, SYS_REPLY_RECV
    jmp fast_recv.nobody_answered
