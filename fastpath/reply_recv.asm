; reply_recv: the reply to the thread whose call was received last, and this thread waits at the endpoint.
; C twin: sys_reply_recv() in kernel/ipc/ipc.c.
;
; On entry (syscall_entry): rax SYS_REPLY_RECV, rdi capability address, rsi label, rdx r8 r9 r10 r12 r13 r14 r15
; words, rcx user rip, rsp rbp the user's; rbx r11 scratch.
; Roles: rbx the server; rdi the slot of the endpoint capability, then the endpoint; r11 the thread answered.
; Guaranteed: cpu.current is a user thread, so its reply_to is NOBODY or a thread that waits for its reply.
;
; Checks, in order:
;   1  the address is an index of the root CNode           else .bail_index
;   2  an endpoint capability with the right to receive    else .bail_slot  (the right implies the type)
;   3  nobody waits at the endpoint, to receive or to send else fast_reply_queued
;   4  the answered thread's key reaches the threshold     else fast_reply_fault, which looks further (there is one,
;      it waits for a reply to a call, may run at once, and neither it nor the server has a slow reason)
%include "fastpath.inc"

EXPORT_LABEL fast_reply_recv, .bail_slot
IMPORT fast_reply_fault, fast_reply_queued

ENTRY_POINT fast_reply_recv
    KERNEL_ENTER
    mov rbx, [rel cpu + CPU_CURRENT]
    LOOKUP rbx, .bail_index
    test byte [rdi + SLOT_RIGHTS], RIGHT_RECV
    jz .bail_slot
    mov rax, [rdi + SLOT_OBJECT]
    cmp qword [rax + EP_RECV], nobody_tcb
    jne .queued
    mov r11, [rbx + TCB_REPLY_TO]
    mov eax, [r11 + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jb fast_reply_fault
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_WAITER rbx
    mov rdi, [rdi + SLOT_OBJECT]
    mov [rdi + EP_RECV], rbx            ; the only receiver: recv_tail means nothing without SLOW_FOLLOWED
    mov [rbx + TCB_WAIT], rdi
    xor edi, edi                        ; a reply has no badge
    mov [rel cpu + CPU_CURRENT], r11
    SWITCH_SPACE rbx, r11
    RETURN_MESSAGE r11
    ; Changed: server rip rsp rbp wait; endpoint recv; cpu.current; CR3. The answered thread's wait and the
    ; server's reply_to mean nothing now.
    ; At exit: rax 0, rbx 0, rcx rip, rdi 0, rsi label, rdx r8 r9 r10 r12-r15 words, rsp rbp the answered
    ; thread's own, r11 the fixed flags.

    BAIL_OUT SYS_REPLY_RECV

.queued:                                ; at the end: so the jumps to the labels above stay short
    jmp fast_reply_queued
