; signal of a notification that is bound to a thread: one that waits to receive at an endpoint is woken, another is marked.
; C twin: sys_signal() in kernel/object/notification.c.
;
; On entry (fast_signal.not_more_urgent, whose checks 1 and 2 hold): r11 the running thread; rdi capability address, an
; index; rcx user rip, rsp rbp the user's; rax scratch; all else the user's and to be kept.
; Roles: rax the slot, then the endpoint; r11 the notification, the bound thread, the running thread.
; Guaranteed: a notification whose head is SLOW_HEAD has a bound thread; a waiting thread's `wait` is a reference.
;
; Checks, in order:
;   1  nobody waits for the notification, and a thread is bound         else fast_signal_crowded
;   2  it is not the running thread, whose `wait` means nothing         else .bail
;   3  it waits at an endpoint                                          else the bits are kept for it, and it is marked
;      (except one that is ready and not settled: .bail)
;   4  it is the first receiver there                                   else .bail  (nor do senders wait)
; and then, as in signal.asm:
;   5  it is more urgent than the running thread, and runs at once; and the running thread is more urgent than all that
;      are ready                                                        else .bail
;   5' or it is not, but is more urgent than all that are ready, and becomes the first of them   else .bail
;      Neither has a slow reason: so the bound thread is the only receiver (SLOW_FOLLOWED).
%include "signal.inc"

IMPORT fast_signal_crowded

; The bound thread leaves the endpoint, where it was alone. Its call that was received last is answered, or dropped. Uses rbx.
%macro LEAVE_ENDPOINT 2                 ; the thread, a scratch register
    mov %2, [%1 + TCB_WAIT]
    mov qword [%2 + EP_RECV], nobody_tcb
    mov qword [%1 + TCB_REPLY_TO], nobody_tcb
%endmacro

ENTRY_POINT fast_signal_bound
    mov eax, [r11 + TCB_CSPACE_MASK]
    and rax, rdi
    add rax, [r11 + TCB_CSPACE]
    mov r11, [rax + SLOT_OBJECT]
    cmp qword [r11 + NOTIFICATION_HEAD], slow_head_tcb
    jne fast_signal_crowded
    mov r11, [r11 + NOTIFICATION_BOUND]
    cmp r11, [rel cpu + CPU_CURRENT]
    je .bail
    test byte [r11 + TCB_WAIT], REF_ENDPOINT | READY_UNSETTLED
    jnz .waits
    ; ==== COMMIT: nothing below can bail out ====
    or dword [r11 + TCB_SLOW_REASONS], SLOW_SIGNALLED
    mov dword [r11 + TCB_KEY], 0
    mov dword [r11 + TCB_EXTENDED_KEY], 0
    mov qword [r11 + TCB_QUEUE], 0
    mov r11, [rax + SLOT_OBJECT]
    mov qword [r11 + NOTIFICATION_HEAD], 0 ; the next signal only sets bits
    mov rax, [rax + SLOT_DATA]
    or [r11 + NOTIFICATION_PENDING], rax
    xor eax, eax
    SYSRET_TO_USER
    ; Changed: bound thread slow_reasons key extended_key queue; notification head pending. At exit: rax 0, rcx rip, r11 the
    ; fixed flags, all else as on entry.

.waits:
    RECEIVES_FIRST r11, rax, al, .bail
    mov eax, [r11 + TCB_KEY]
    mov r11, [rel cpu + CPU_CURRENT]
    cmp eax, [r11 + TCB_KEY]
    jbe .not_more_urgent
    mov eax, [r11 + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jbe .bail
    ; ==== COMMIT: nothing below can bail out ====
    ; Roles: r11 the running thread, which is preempted, eax its key; rdx the bound thread.
    SAVE_ALL r11
    SLOT_AGAIN
    mov rdx, [rdi + SLOT_OBJECT]
    mov rdx, [rdx + NOTIFICATION_BOUND]
    mov rdi, [rdi + SLOT_DATA]          ; the bits
    LEAVE_ENDPOINT rdx, rbx
    PREEMPT r11, rdx, rcx, rsi, rax, eax
    LOAD_WAITER rdx
    RETURN_NOTIFIED
    ; Changed: signaller all registers but rax, slice_left wait; its queue; endpoint recv; bound thread reply_to; cpu.current
    ; threshold slice_left highest ready_bits; CR3.
    ; At exit: rax GOT_NOTIFIED, rcx rip, rdi the bits, rbx rsi rdx r8 r9 r10 r12-r15 0, rsp rbp the bound thread's own,
    ; r11 the fixed flags.

.not_more_urgent:
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jbe .bail
    ; ==== COMMIT: nothing below can bail out ====
    ; Roles: r11 the running thread, then the bound one; rdi the slot, then scratch.
    KEEP_RDI
    SLOT_AGAIN
    mov r11, [rdi + SLOT_OBJECT]
    mov r11, [r11 + NOTIFICATION_BOUND]
    mov rdi, [rdi + SLOT_DATA]          ; the bits
    mov [r11 + TCB_RDI], rdi
    LEAVE_ENDPOINT r11, rdi
    MAKE_READY r11, READY_NOTIFIED, edi
    PUT_ON_TOP r11, rdi, r11, rax, eax
    RETURN_TO_SIGNALLER
    ; Changed: bound thread rdi reply_to slice_left wait; its queue; endpoint recv; cpu.threshold highest ready_bits. At exit:
    ; rax 0, rcx rip, r11 the fixed flags, all else as on entry.

.bail:
    mov eax, SYS_SIGNAL
    jmp syscall_slow
