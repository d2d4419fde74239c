; What the two threads of a benchmark do. Where they would enter the kernel by SYSCALL they jump to its entry, with the address to come
; back to in rcx; SYSRET is a jump to rcx (scripts/source/lowered.py).
%include "abi.inc"

bits 64
default rel

global logic_entry, logic_operation, logic_capability, logic_any, logic_nothing, logic_nulls, logic_identifies, logic_signals, logic_calls, logic_yields
global logic_server, logic_yielder, logic_woken

CAP_ENDPOINT equ 1 << SLOT_BITS         ; world.h has the same
CAP_NOTIFICATION equ 2 << SLOT_BITS

section .bss
align 64
logic_entry: resq 1                     ; where SYSCALL leads
left:        resq 1                     ; rounds
logic_operation: resd 1                 ; of logic_any
logic_capability: resd 1

section .text

%macro KERNEL 2                         ; operation, capability
    mov eax, %1
    mov edi, %2
    lea rcx, [%%back]
    jmp [logic_entry]
%%back:
%endmacro

; void f(uint64_t rounds): the client's rounds. The kernel and the other thread leave no register but rsp as it was.
%macro CLIENT 3                         ; name, operation, capability
align 64
%1:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [left], rdi
%%round:
    KERNEL %2, %3
    dec qword [left]
    jnz %%round
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
%endmacro

CLIENT logic_nulls, SYS_NULL, 0
CLIENT logic_identifies, SYS_CAP_IDENTIFY, CAP_ENDPOINT
CLIENT logic_signals, SYS_SIGNAL, CAP_NOTIFICATION
CLIENT logic_calls, SYS_CALL, CAP_ENDPOINT
CLIENT logic_yields, SYS_YIELD, 0
CLIENT logic_any, [logic_operation], [logic_capability] ; from one place, so that only what has come before tells which

; An entry that does nothing: what the jumps cost.
align 64
logic_nothing:
    jmp rcx

align 64
logic_server:                           ; answers with what came
    KERNEL SYS_REPLY_RECV, CAP_ENDPOINT
    jmp logic_server

align 64
logic_yielder:
    KERNEL SYS_YIELD, 0
    jmp logic_yielder

align 64
logic_woken:
    KERNEL SYS_WAIT, CAP_NOTIFICATION
    jmp logic_woken

section .note.GNU-stack noalloc noexec nowrite progbits
