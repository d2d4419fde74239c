; signal that wakes a thread which is not more urgent than the running one, and has others of its priority before it.
; C twin: sys_signal() in kernel/object/notification.c.
;
; On entry (fast_signal_bound, behind check 1 of fast_signal and check 2): rax the slot of the notification capability; r11 the
; notification; rdi capability address, rcx user rip, all else the user's and to be kept.
; Roles: r11 the waiter; rax its queue, then the first there.
; Guaranteed: a notification's head, if not NULL, is SLOW_HEAD or a thread that waits at it; that one is not more urgent than
; the running thread, if it has no slow reason (fast_signal has compared the keys).
;
; Check:
;   1  somebody of the waiter's priority is ready         else .bail  (no queue has the key 0, but a thread with a slow reason has it: so
;      the notification has no other waiter, nor a bound thread)
%include "signal.inc"

ENTRY_POINT fast_signal_crowded
    mov r11, [r11 + NOTIFICATION_HEAD]
    mov eax, [r11 + TCB_KEY]
    bt [rel cpu + CPU_READY_BITS], rax
    jnc .bail
    lfence                              ; the head of an empty queue is nobody, not even for a CPU that has guessed wrong
    mov rax, [r11 + TCB_QUEUE]
    mov rax, [rax + QUEUE_HEAD]
    mov r11, [rel cpu + CPU_CURRENT]
    test byte [rax + TCB_WAIT], READY_ALONE
    jz .append
    ; ==== COMMIT: nothing below can bail out ====
    and byte [rax + TCB_WAIT], ~READY_ALONE & 0xff
    mov r11, [rax + TCB_QUEUE]
    mov [r11 + QUEUE_TAIL], rax         ; which meant nothing
    mov r11, [rel cpu + CPU_CURRENT]
.append:
    ; ==== COMMIT: nothing below can bail out ====
    ; Roles: r11 the running thread, then the waiter; rdi the slot, the notification, then the queue.
    KEEP_RDI
    SLOT_AGAIN
    mov rax, [rdi + SLOT_DATA]          ; the bits
    mov rdi, [rdi + SLOT_OBJECT]
    mov r11, [rdi + NOTIFICATION_HEAD]
    mov qword [rdi + NOTIFICATION_HEAD], 0
    mov [r11 + TCB_RDI], rax
    MAKE_READY r11, IN_LINE_NOTIFIED, eax
    mov rdi, [r11 + TCB_QUEUE]
    APPEND r11, rdi, rax
    RETURN_TO_SIGNALLER
    ; Changed: waiter rdi slice_left wait prev; next of the last in its queue; the queue's tail; the wait of the first there, if it
    ; was alone; notification head. At exit: rax 0, rcx rip, r11 the fixed flags, all else as on entry.

.bail:
    mov eax, SYS_SIGNAL
    jmp syscall_slow
