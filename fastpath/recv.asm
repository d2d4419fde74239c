; recv, and reply_recv with nobody to answer: this thread waits at the endpoint, and the next in line runs.
; C twin: sys_recv(), and sys_reply_recv(), in kernel/ipc/ipc.c.
;
; On entry (syscall_entry): rax SYS_RECV, rdi capability address, rcx user rip, rsp rbp the user's; rbx r11 scratch.
; At .nobody_answered (fast_reply_recv, whose checks 1 to 3 hold, and fast_reply_fault, which has made check 4): rax SYS_REPLY_RECV; rbx
; and rdi as here.
; Roles: rax the operation; rbx the running thread; rdi the slot of the endpoint capability, then the endpoint; r11 the next
; thread.
; Guaranteed: cpu.current is a user thread; the head of the highest queue is a ready thread, or NOBODY when none is.
;
; Checks, in order:
;   1  the address is an index of the root CNode           else .bail_index
;   2  an endpoint capability with the right to receive    else .bail_slot  (the right implies the type)
;   3  nobody waits at the endpoint, to receive or to send else .bail_slot
;   4  nobody waits for this thread's reply                else .bail
;   5  it has no slow reason: so no signal is pending in the notification that is bound to it    else .bail
;   6  the most urgent ready thread is alone in its queue, has no slow reason and ends its system call: with 0, or
;      at .not_returned with bits                          else .bail
%include "fastpath.inc"

EXPORT_LABEL fast_recv, .nobody_answered

; The running thread waits, and the thread in r11 is taken from the run queue.
%macro RECEIVE_AND_TAKE 0
    SAVE_WAITER rbx
    mov rdi, [rdi + SLOT_OBJECT]
    mov [rdi + EP_RECV], rbx            ; the only receiver: recv_tail means nothing without SLOW_FOLLOWED
    mov [rbx + TCB_WAIT], rdi
    TAKE_FROM_TOP r11
    RUN_NEXT rbx, r11, TCB_SLICE_LEFT
%endmacro

ENTRY_POINT fast_recv
    KERNEL_ENTER
    mov rbx, [rel cpu + CPU_CURRENT]
    LOOKUP rbx, .bail_index
    test byte [rdi + SLOT_RIGHTS], RIGHT_RECV
    jz .bail_slot
    mov rax, [rdi + SLOT_OBJECT]
    cmp qword [rax + EP_RECV], nobody_tcb
    jne .bail_slot
    mov eax, SYS_RECV
    cmp qword [rbx + TCB_REPLY_TO], nobody_tcb
    jne .bail
.nobody_answered:
    cmp qword [rbx + TCB_QUEUE], 0
    je .bail
    mov r11, [rel cpu + CPU_HIGHEST]
    mov r11, [r11 + QUEUE_HEAD]
    cmp qword [r11 + TCB_WAIT], READY_RETURNED
    jne .not_returned
    ; ==== COMMIT: nothing below can bail out ====
    RECEIVE_AND_TAKE
    RETURN_ALL r11
    ; Changed: receiver rip rsp rbp wait; endpoint recv; cpu.current threshold slice_left highest ready_bits; CR3.
    ; At exit: rax 0, rcx rip, r11 the fixed flags, all else the next thread's own.

.not_returned:
    cmp qword [r11 + TCB_WAIT], READY_NOTIFIED
    jne .bail
    ; ==== COMMIT: nothing below can bail out ====
    RECEIVE_AND_TAKE
    mov rdi, [r11 + TCB_RDI]            ; the bits
    LOAD_WAITER r11
    RETURN_NOTIFIED
    ; Changed: as above.
    ; At exit: rax GOT_NOTIFIED, rcx rip, rdi the bits, rbx rsi rdx r8 r9 r10 r12-r15 0, rsp rbp the next thread's own,
    ; r11 the fixed flags.

; As on entry, but rbx and r11, which are scratch.
.bail_slot:
    mov eax, SYS_RECV
.bail:
    sub rdi, [rbx + TCB_CSPACE]
    jmp syscall_slow
.bail_index:
    mov rdi, rax
    mov eax, SYS_RECV
    jmp syscall_slow
