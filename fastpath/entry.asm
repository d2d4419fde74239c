; SYSCALL entry (LSTAR): which fast path, if any.
; Twin: syscall_entry_slow in kernel/arch/x86_64/entry.asm.
;
; On entry, from the CPU: rcx user rip, r11 user rflags, IF and the other SFMASK bits clear. From the user: rax
; operation, rdi capability address, the rest the message. rsp is still the user's and stays so.
; The most frequent first; each path that is not taken costs two instructions.
%include "fastpath.inc"

IMPORT fast_call, fast_reply_recv, fast_signal, fast_yield, fast_wait, fast_identify, fast_recv
IMPORT fast_long_call, fast_long_reply_recv

ENTRY_POINT syscall_entry
    cmp rax, SYS_CALL                   ; all 64 bits: a number is not its low half
    je fast_call
    cmp rax, SYS_REPLY_RECV
    je fast_reply_recv
    test rax, rax                       ; SYS_NULL
    jnz .not_null
    SYSRET_AT_ONCE                      ; rax is 0, its result
.not_null:
    cmp rax, SYS_SIGNAL
    je fast_signal
    cmp rax, SYS_YIELD
    je fast_yield
    cmp rax, SYS_WAIT
    je fast_wait
    cmp rax, SYS_CAP_IDENTIFY
    je fast_identify
    ja .above
    cmp rax, SYS_RECV
    jne syscall_entry_slow
    jmp fast_recv
.above:
    cmp rax, SYS_LONG_CALL
    jb syscall_entry_slow
    je fast_long_call
    cmp rax, SYS_LONG_REPLY_RECV
    je fast_long_reply_recv
    jmp syscall_entry_slow
