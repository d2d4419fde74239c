; wait: takes the bits of a notification, or blocks until there are some.
; C twin: sys_wait() in kernel/object/notification.c.
;
; On entry (syscall_entry): rax SYS_WAIT, rdi capability address, rcx user rip, rsp rbp the user's; rbx r11 scratch.
; Roles: rbx the running thread; rdi the slot of the notification capability; rax the notification; r11 the next thread.
; Guaranteed: cpu.current is a user thread; the head of the highest queue is a ready thread, or NOBODY when none is.
;
; Checks, in order:
;   1  the address is an index of the root CNode           else .bail_index
;   2  a notification capability with the right to wait    else .bail_slot (the right implies the type)
;   3  nobody waits, and no thread is bound                else .bail_slot
;   4  no bits are pending                                 else .take: they are the result
;   5  the running thread has no slow reason               else .bail_slot
;   6  the most urgent ready thread is alone in its queue, has no slow reason and ends its system call: with 0, or
;      at .notified with bits                              else .bail_slot
%include "fastpath.inc"

; The running thread waits, and the thread in r11 is taken from the run queue.
%macro WAIT_AND_TAKE 0
    SAVE_WAITER rbx
    mov [rax + NOTIFICATION_HEAD], rbx  ; the only one: tail means nothing without SLOW_FOLLOWED
    add rax, REF_NOTIFICATION
    mov [rbx + TCB_WAIT], rax
    TAKE_FROM_TOP r11
    RUN_NEXT rbx, r11, TCB_SLICE_LEFT
%endmacro

ENTRY_POINT fast_wait
    KERNEL_ENTER
    mov rbx, [rel cpu + CPU_CURRENT]
    LOOKUP rbx, .bail_index
    test byte [rdi + SLOT_RIGHTS], RIGHT_WAIT
    jz .bail_slot
    mov rax, [rdi + SLOT_OBJECT]
    cmp qword [rax + NOTIFICATION_HEAD], 0
    jne .bail_slot
    cmp qword [rax + NOTIFICATION_PENDING], 0
    jne .take
    cmp qword [rbx + TCB_QUEUE], 0
    je .bail_slot
    mov r11, [rel cpu + CPU_HIGHEST]
    mov r11, [r11 + QUEUE_HEAD]
    cmp qword [r11 + TCB_WAIT], READY_RETURNED
    jne .not_returned
    ; ==== COMMIT: nothing below can bail out ====
    WAIT_AND_TAKE
    RETURN_ALL r11
    ; Changed: waiter rip rsp rbp wait; notification head; cpu.current threshold slice_left highest ready_bits; CR3.
    ; At exit: rax 0, rcx rip, r11 the fixed flags, all else the next thread's own.

.not_returned:
    cmp qword [r11 + TCB_WAIT], READY_NOTIFIED
    jne .bail_slot
    ; ==== COMMIT: nothing below can bail out ====
    WAIT_AND_TAKE
    RETURN_BITS r11
    ; Changed: as above.
    ; At exit: rax GOT_NOTIFIED, rcx rip, rdi the bits, rbx rsi rdx r8 r9 r10 r12-r15 0, rsp rbp the next thread's own,
    ; r11 the fixed flags.

.take:
    ; ==== COMMIT: nothing below can bail out ====
    mov rdi, [rax + NOTIFICATION_PENDING]
    mov qword [rax + NOTIFICATION_PENDING], 0
    RETURN_NOTIFIED
    ; Changed: notification pending.
    ; At exit: rax GOT_NOTIFIED, rcx rip, rdi the bits, rbx rsi rdx r8 r9 r10 r12-r15 0, rsp rbp as on entry, r11 the
    ; fixed flags.

    BAIL_OUT SYS_WAIT
