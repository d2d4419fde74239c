; What the threads that the fuzzer's workers make run; see fuzz.h. On entry: rdi system-call number, rsp capability
; address.
%include "abi.inc"

global agent, agent_budget

section .text
agent:
    mov ebp, edi
.again:
    mov eax, ebp
    mov rdi, rsp
    syscall
    test rax, rax
    js .fault
    dec qword [rel agent_budget]
    js .fault
    mov eax, SYS_YIELD
    syscall
    jmp .again
.fault:
    int3                                ; a trap: the answer to it goes on after it
    jmp .again

section .data
agent_budget: dq 0
