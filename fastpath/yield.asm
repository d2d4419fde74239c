; yield: the CPU to the next thread of the same priority.
; C twin: sys_yield() in kernel/thread/sched.c.
;
; On entry (syscall_entry): rax SYS_YIELD, rcx user rip, all else the user's and to be kept; r11 scratch.
; Roles: r11 the running thread; rax the highest queue, then the next thread.
; Guaranteed: cpu.current is a user thread; no ready thread is more urgent.
;
; Checks, in order:
;   1  the highest queue is that of this thread's priority else .not_equal (a thread with a slow reason has no queue)
;   2  its head is alone in it, gets 0 as its call's result, and has no slow reason   else .in_line
; At .in_line: 2' the same, but others stand behind it        else .bail
; At .not_equal: 3  this thread has no slow reason         else .bail; no other has its priority, so it runs on.
%include "fastpath.inc"

ENTRY_POINT fast_yield
    KERNEL_ENTER
    mov r11, [rel cpu + CPU_CURRENT]
    mov rax, [rel cpu + CPU_HIGHEST]
    cmp rax, [r11 + TCB_QUEUE]
    jne .not_equal
    mov rax, [rax + QUEUE_HEAD]
    cmp qword [rax + TCB_WAIT], READY_RETURNED
    jne .in_line
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_ALL r11
    COPY [r11 + TCB_SLICE_LEFT], [r11 + TCB_SLICE_TICKS]
    mov qword [r11 + TCB_WAIT], READY_RETURNED
    mov rcx, [r11 + TCB_QUEUE]
    mov [rcx + QUEUE_HEAD], r11         ; in the other's place: the queue is as full as before
.run:
    RUN_NEXT r11, rax, TCB_SLICE_LEFT
    RETURN_ALL rax
    ; Changed: this thread all registers but rax, slice_left wait; its queue's head; cpu.current slice_left; CR3.
    ; At exit: rax 0, rcx rip, r11 the fixed flags, all else the next thread's own.

.in_line:
    cmp qword [rax + TCB_WAIT], IN_LINE_RETURNED
    jne .bail
    ; ==== COMMIT: nothing below can bail out ====
    SAVE_ALL r11
    COPY [r11 + TCB_SLICE_LEFT], [r11 + TCB_SLICE_TICKS]
    mov qword [r11 + TCB_WAIT], IN_LINE_RETURNED
    mov rcx, [rel cpu + CPU_HIGHEST]    ; not its own queue, which a thread with a slow reason does not have
    APPEND r11, rcx, rdx
    mov rdx, [rax + TCB_NEXT]           ; the second is the first now; its prev means nothing
    mov [rcx + QUEUE_HEAD], rdx
    jmp .run
    ; Changed: this thread all registers but rax, slice_left wait prev; next of the last in its queue; the queue's head and
    ; tail; cpu.current slice_left; CR3.
    ; At exit: rax 0, rcx rip, r11 the fixed flags, all else the next thread's own.

.not_equal:
    cmp qword [r11 + TCB_QUEUE], 0
    je .bail
    xor eax, eax
    SYSRET_TO_USER
    ; Changed: nothing. At exit: rax 0, rcx rip, r11 the fixed flags, all else as on entry.

.bail:
    mov eax, SYS_YIELD
    jmp syscall_slow
