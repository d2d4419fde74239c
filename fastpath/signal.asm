; signal: bits for a notification; wakes the thread that waits for them.
; C twin: sys_signal() in kernel/object/notification.c.
;
; On entry (syscall_entry): rax SYS_SIGNAL, rdi capability address, rcx user rip, all else the user's and to be kept;
; r11 scratch.
; Roles: rax the slot of the notification capability; r11 the running thread, then the notification.
; Guaranteed: cpu.current is a user thread; a notification's head is NULL, SLOW_HEAD or a thread that waits at it.
;
; Checks, in order:
;   1  the address is an index of the root CNode         else .bail
;   2  a notification capability with the right to signal else .bail  (the right implies the type)
;   3  nobody waits, and no thread is bound               else .waiter: the waiter is woken
; and then, of the waiter:
;   4  it is more urgent than the running thread, and runs at once; and the running thread is more urgent than all that
;      are ready, and so the only one of its priority     else .bail
;   4' or it is not, but is more urgent than all that are ready, and becomes the first of them   else .bail
;      A thread with a slow reason has key 0, and the threshold is above all keys while the running thread has one: so
;      neither has one; nor has the notification another waiter, or a bound thread (SLOW_FOLLOWED).
%include "signal.inc"

IMPORT fast_signal_bound

ENTRY_POINT fast_signal
    KERNEL_ENTER
    mov r11, [rel cpu + CPU_CURRENT]
    LOOKUP_KEEP .bail
    test byte [rax + SLOT_RIGHTS], RIGHT_SIGNAL
    jz .bail
    mov r11, [rax + SLOT_OBJECT]
    cmp qword [r11 + NOTIFICATION_HEAD], 0
    jne .waiter
    ; ==== COMMIT: nothing below can bail out ====
    mov rax, [rax + SLOT_DATA]          ; the bits
    or [r11 + NOTIFICATION_PENDING], rax
    xor eax, eax
    SYSRET_TO_USER
    ; Changed: notification pending. At exit: rax 0, rcx rip, r11 the fixed flags, all else as on entry.

.waiter:
    mov r11, [r11 + NOTIFICATION_HEAD]
    mov eax, [r11 + TCB_KEY]
    mov r11, [rel cpu + CPU_CURRENT]
    cmp eax, [r11 + TCB_KEY]
    jbe .not_more_urgent
    mov eax, [r11 + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jbe .bail
    ; ==== COMMIT: nothing below can bail out ====
    ; Roles: r11 the running thread, which is preempted, eax its key; rdx the waiter; rbx the notification.
    SAVE_ALL r11
    SLOT_AGAIN
    mov rbx, [rdi + SLOT_OBJECT]
    mov rdi, [rdi + SLOT_DATA]          ; the bits
    mov rdx, [rbx + NOTIFICATION_HEAD]
    mov qword [rbx + NOTIFICATION_HEAD], 0
    PREEMPT r11, rdx, rcx, rsi, rax, eax
    LOAD_WAITER rdx
    RETURN_NOTIFIED
    ; Changed: signaller all registers but rax, slice_left wait; its queue; notification head; cpu.current threshold
    ; slice_left highest ready_bits; CR3.
    ; At exit: rax GOT_NOTIFIED, rcx rip, rdi the bits, rbx rsi rdx r8 r9 r10 r12-r15 0, rsp rbp the waiter's own, r11
    ; the fixed flags.

.not_more_urgent:
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jbe fast_signal_bound
    ; ==== COMMIT: nothing below can bail out ====
    ; Roles: r11 the running thread, then the waiter; rdi the slot, the notification, then scratch.
    KEEP_RDI
    SLOT_AGAIN
    mov rax, [rdi + SLOT_DATA]          ; the bits
    mov rdi, [rdi + SLOT_OBJECT]
    mov r11, [rdi + NOTIFICATION_HEAD]
    mov qword [rdi + NOTIFICATION_HEAD], 0
    mov [r11 + TCB_RDI], rax
    MAKE_READY r11, READY_NOTIFIED, eax
    mov eax, [r11 + TCB_KEY]
    PUT_ON_TOP r11, rdi, r11, rax, eax
    RETURN_TO_SIGNALLER
    ; Changed: waiter rdi slice_left wait; its queue; notification head; cpu.threshold highest ready_bits. At exit: rax
    ; 0, rcx rip, r11 the fixed flags, all else as on entry.

.bail:
    mov eax, SYS_SIGNAL
    jmp syscall_slow
