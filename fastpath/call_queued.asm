; call, where nobody waits to receive: the caller waits to send, behind those who do, and the next in line runs.
; C twin: sys_call() in kernel/ipc/ipc.c, with sched_block() in kernel/thread/sched.c.
;
; On entry (fast_call_extended, by its first check; the checks 1 and 2 of fast_call hold): rbx the caller; rdi the slot of the
; endpoint capability; r11 its receiver, or NOBODY or SLOW_HEAD; rcx user rip, rsp rbp the user's; rax scratch; all else the user's.
; Roles: rax the next thread; r11 the same; rsi the endpoint.
; Guaranteed: the head of the highest queue is a ready thread, or NOBODY when none is.
;
; Checks, in order:
;   1  the caller has no slow reason                               else fast_call.bail_slot
;   2  the most urgent ready thread is alone in its queue, has no slow reason, and its system call ends with 0   else
;      fast_call.bail_slot
;   3  senders wait                                                else .first
; At .first: 3' nobody does, nor do receivers                      else fast_call.bail_slot
%include "fastpath.inc"

IMPORT_LABEL fast_call, .bail_slot

; What is kept of a thread that waits to send a call. Uses rcx.
%macro WAIT_TO_SEND 0
    SAVE_WAITER rbx
    SAVE_BUT_RDI rbx
    SAVE_KEPT rbx
    mov word [rbx + TCB_SEND_KIND], SEND_PLAIN_CALL
    mov rcx, [rdi + SLOT_DATA]          ; the badge
    mov [rbx + TCB_SEND_BADGE], rcx
    mov rsi, [rdi + SLOT_OBJECT]
    mov [rbx + TCB_WAIT], rsi
%endmacro

ENTRY_POINT fast_call_queued
    cmp qword [rbx + TCB_QUEUE], 0
    je fast_call.bail_slot
    mov rax, [rel cpu + CPU_HIGHEST]
    mov rax, [rax + QUEUE_HEAD]
    cmp qword [rax + TCB_WAIT], READY_RETURNED
    jne fast_call.bail_slot
    cmp r11, slow_head_tcb
    jne .first
    ; ==== COMMIT: nothing below can bail out ====
    WAIT_TO_SEND
    mov rcx, [rsi + EP_TAIL]
    mov [rcx + TCB_NEXT], rbx
    mov [rbx + TCB_PREV], rcx
.run:
    mov [rsi + EP_TAIL], rbx
    mov r11, rax
    TAKE_FROM_TOP r11
    COPY [rel cpu + CPU_SLICE_LEFT], [r11 + TCB_SLICE_LEFT]
    mov [rel cpu + CPU_CURRENT], r11
    SWITCH_SPACE rbx, r11
    RETURN_ALL r11
    ; Changed: caller rip rsp rbp rsi rdx r8 r9 r10 r12-r15 send_kind send_long send_badge wait prev; next of the last sender; endpoint
    ; tail, or send tail recv; cpu.current threshold slice_left highest ready_bits; CR3.
    ; At exit: rax 0, rcx rip, r11 the fixed flags, all else the next thread's own.

.first:
    cmp r11, nobody_tcb
    jne fast_call.bail_slot
    ; ==== COMMIT: nothing below can bail out ====
    WAIT_TO_SEND
    mov qword [rsi + EP_RECV], slow_head_tcb
    mov [rsi + EP_SEND], rbx
    jmp .run
