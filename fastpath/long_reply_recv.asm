; long_reply_recv: reply_recv, with up to 112 more words in the IPC buffer.
; C twin: sys_long_reply_recv() in kernel/ipc/ipc.c.
;
; On entry (syscall_entry): rax SYS_LONG_REPLY_RECV, rdi capability address, rsi label, rdx r8 r9 r10 r12 r13 r14 r15 words, rcx
; user rip, rsp rbp the user's; rbx r11 scratch.
; Roles: rbx the server; rdi the slot of the endpoint capability, then the endpoint; r11 the thread answered; rax the server's
; buffer.
; Guaranteed: cpu.current is a user thread, so its reply_to is NOBODY or a thread that waits for its reply; a thread's buffer is
; NULL or a frame of RAM.
;
; Checks, in order:
;   1  the address is an index of the root CNode           else .bail_index
;   2  an endpoint capability with the right to receive    else .bail_slot  (the right implies the type)
;   3  nobody waits at the endpoint, to receive or to send else .bail_slot
;   4  the answered thread's key reaches the threshold     else .bail_slot  (there is one, it waits for a reply to a call, may run
;      at once, and neither it nor the server has a slow reason)
;   5  both have a buffer, and no capability is to be passed   else .bail_slot
%include "long.inc"

ENTRY_POINT fast_long_reply_recv
    KERNEL_ENTER
    mov rbx, [rel cpu + CPU_CURRENT]
    LOOKUP rbx, .bail_index
    test byte [rdi + SLOT_RIGHTS], RIGHT_RECV
    jz .bail_slot
    mov rax, [rdi + SLOT_OBJECT]
    cmp qword [rax + EP_RECV], nobody_tcb
    jne .bail_slot
    mov r11, [rbx + TCB_REPLY_TO]
    mov eax, [r11 + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jb .bail_slot
    DECIDE_LONG rbx, r11, .bail_slot
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_WAITER rbx
    mov rdi, [rdi + SLOT_OBJECT]
    mov [rdi + EP_RECV], rbx            ; the only receiver: recv_tail means nothing without SLOW_FOLLOWED
    mov [rbx + TCB_WAIT], rdi
    mov [rel cpu + CPU_CURRENT], r11
    SWITCH_SPACE rbx, r11
    SEND_WORDS r11
    xor edi, edi                        ; a reply has no badge
    RETURN_LONG r11
    ; Changed: server rip rsp rbp wait; endpoint recv; cpu.current; CR3; the answered thread's buffer. The answered thread's wait
    ; and the server's reply_to mean nothing now.
    ; At exit: rax GOT_LONG, rbx 0, rcx rip, rdi 0, rsi label, rdx r8 r9 r10 r12-r15 words, rsp rbp the answered thread's own, r11 the
    ; fixed flags.

    BAIL_OUT SYS_LONG_REPLY_RECV
