; call: a message to an endpoint whose receiver waits, and the caller waits for the reply.
; C twin: sys_call() in kernel/ipc/ipc.c.
;
; On entry (syscall_entry): rax SYS_CALL, rdi capability address, rsi label, rdx r8 r9 r10 r12 r13 r14 r15 words,
; rcx user rip, rsp rbp the user's; rbx r11 scratch.
; Roles: rbx the caller; rdi the slot of the endpoint capability; r11 the receiver.
; Guaranteed: cpu.current is a user thread; an endpoint's recv is a thread (NOBODY, SLOW_HEAD or one that waits).
;
; Checks, in order:
;   1  the address is an index of the root CNode       else .bail_index
;   2  an endpoint capability with the right to send   else .bail_slot   (the right implies the type)
;   3  the receiver's key reaches the CPU's threshold   else fast_call_extended, which looks further (there is a
;      receiver, it may run at once, and neither it nor the caller has a slow reason)
%include "fastpath.inc"

EXPORT_LABEL fast_call, .bail_slot
IMPORT fast_call_extended

ENTRY_POINT fast_call
    KERNEL_ENTER
    mov rbx, [rel cpu + CPU_CURRENT]
    LOOKUP rbx, .bail_index
    test byte [rdi + SLOT_RIGHTS], RIGHT_SEND
    jz .bail_slot
    mov r11, [rdi + SLOT_OBJECT]
    mov r11, [r11 + EP_RECV]
    mov eax, [r11 + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jb .second
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_WAITER rbx
    mov [rbx + TCB_WAIT], r11           ; the caller waits for the receiver's reply
    mov [r11 + TCB_REPLY_TO], rbx       ; the receiver owes it
    mov rax, [rdi + SLOT_OBJECT]
    mov qword [rax + EP_RECV], nobody_tcb ; it was alone: a head with followers has a slow reason
    mov rdi, [rdi + SLOT_DATA]          ; the badge
    mov [rel cpu + CPU_CURRENT], r11
    SWITCH_SPACE rbx, r11
    RETURN_MESSAGE r11
    ; Changed: caller rip rsp rbp wait; receiver reply_to; endpoint recv; cpu.current; CR3.
    ; At exit: rax 0, rbx 0, rcx rip, rdi badge, rsi label, rdx r8 r9 r10 r12-r15 words, rsp rbp the
    ; receiver's own, r11 the fixed flags.

.second:
    jmp fast_call_extended

    BAIL_OUT SYS_CALL
