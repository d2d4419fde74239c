; long_call: call, with up to 112 more words in the IPC buffer.
; C twin: sys_long_call() in kernel/ipc/ipc.c.
;
; On entry (syscall_entry): rax SYS_LONG_CALL, rdi capability address, rsi label, rdx r8 r9 r10 r12 r13 r14 r15 words, rcx user rip,
; rsp rbp the user's; rbx r11 scratch.
; Roles: rbx the caller, then the badge; rdi the slot of the endpoint capability; r11 the receiver; rax the caller's buffer.
; Guaranteed: cpu.current is a user thread; an endpoint's recv is a thread (NOBODY, SLOW_HEAD or one that waits); a thread's
; buffer is NULL or a frame of RAM.
;
; Checks, in order:
;   1  the address is an index of the root CNode       else .bail_index
;   2  an endpoint capability with the right to send   else .bail_slot   (the right implies the type)
;   3  the receiver's key reaches the CPU's threshold   else .bail_slot   (there is a receiver, it may run at once, and neither it
;      nor the caller has a slow reason)
;   4  both have a buffer, and no capability is to be passed   else .bail_slot
%include "long.inc"

ENTRY_POINT fast_long_call
    KERNEL_ENTER
    mov rbx, [rel cpu + CPU_CURRENT]
    LOOKUP rbx, .bail_index
    test byte [rdi + SLOT_RIGHTS], RIGHT_SEND
    jz .bail_slot
    mov r11, [rdi + SLOT_OBJECT]
    mov r11, [r11 + EP_RECV]
    mov eax, [r11 + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jb .bail_slot
    DECIDE_LONG rbx, r11, .bail_slot
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_WAITER rbx
    movzx ecx, byte [rdi + SLOT_RIGHTS]
    and ecx, RIGHT_GRANT
    lea rcx, [r11 + rcx * (REF_GRANTS / RIGHT_GRANT)]
    mov [rbx + TCB_WAIT], rcx           ; the caller waits for the receiver's reply, which may bring capabilities if the call could
    mov [r11 + TCB_REPLY_TO], rbx       ; the receiver owes it
    mov rcx, [rdi + SLOT_OBJECT]
    mov qword [rcx + EP_RECV], nobody_tcb ; it was alone: a head with followers has a slow reason
    mov [rel cpu + CPU_CURRENT], r11
    SWITCH_SPACE rbx, r11
    mov rbx, [rdi + SLOT_DATA]          ; the badge
    SEND_WORDS r11
    mov rdi, rbx
    RETURN_LONG r11
    ; Changed: caller rip rsp rbp wait; receiver reply_to; endpoint recv; cpu.current; CR3; the receiver's buffer.
    ; At exit: rax GOT_LONG, rbx 0, rcx rip, rdi badge, rsi label, rdx r8 r9 r10 r12-r15 words, rsp rbp the receiver's own, r11 the
    ; fixed flags.

    BAIL_OUT SYS_LONG_CALL
