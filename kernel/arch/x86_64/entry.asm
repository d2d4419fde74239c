; Entry from ring 3 by exception, interrupt or slow system call, and every return to ring 3 that is not a
; fast path's. C: trap.c, kernel/entry/syscall.c.
;
; A thread's registers go into its TCB; nothing of it stays on the kernel stack, so the stack is empty between
; entries and a switch of threads is a change of cpu.current.
; Assembled three times: what KERNEL_ENTER, SYSRET_TO_USER and the like stand for is in variant/.
%include "abi.inc"
%include "offsets.inc"
%include "variant.inc"
%include "macros.inc"

extern cpu, syscall_dispatch, handlers, trap_user, trap_kernel, kernel_stack_top
%ifdef BATON_CHECK
extern quick_call_checked
%endif
IMPORT syscall_entry, fast_page_fault, fast_clock, fast_interrupt
EXPORT syscall_slow, syscall_entry_traced, syscall_entry_compat, resume_user, vector_stubs, interrupt_stubs, trap_common
OWN quick_call, traced_call, call_by_c, call_done, leave_kernel, restart, trap_in_place, trap_in_kernel

; SYSCALL of a thread, by the C path. On entry, from the CPU: rcx user rip, r11 user rflags (which the contract
; replaces), IF and the other SFMASK bits clear; rax operation; all else the user's.
ENTRY_POINT syscall_entry_slow
    KERNEL_ENTER
syscall_slow:                           ; for the fast paths, which are in the kernel already
    BEGIN_CALL
    sub rax, QUICK_FIRST
    cmp rax, QUICK_CALLS
    jb quick_call
%ifdef BATON_CHECK
    jmp traced_call
%endif
    BEGIN_WHOLE_CALL
    cmp rax, HANDLERS
    jae call_by_c
    and eax, HANDLERS - 1
    call [handlers + rax * 8]
    pop r11
call_done:                                 ; rax: the result
    cmp rax, RESTART
    je restart
    mov [r11 + TCB_RAX], rax            ; if it waits, what ends the wait writes another

; Runs cpu.current. On entry: the stack holds the CR3 value in force, and no more.
leave_kernel:
    mov r11, [rel cpu + CPU_CURRENT]
    SWITCH_SPACE_ON_EXIT
    cmp byte [r11 + TCB_RESUME], RESUME_SYSRET
    jne .not_sysret
    C_EXIT
    mov rsp, [r11 + TCB_RSP]
    mov rbp, [r11 + TCB_RBP]
    mov rax, [r11 + TCB_RAX]
    mov rbx, [r11 + TCB_RBX]
    LOAD_MESSAGE r11
    mov rcx, [r11 + TCB_RIP]            ; below USER_TOP: sys_thread_set_entry, and no code lies in the last page
    SYSRET_TO_USER
.not_sysret:
    cmp byte [r11 + TCB_RESUME], RESUME_IDLE
    je .idle
    C_EXIT
    RETURN_INTERRUPTED r11
.idle:
    pop rax
    sti
.halt:
    hlt
    jmp .halt

; A quick call does not wait: most probably its thread goes on at once. The registers that C functions keep stay where they
; are, and are saved afterwards if it does not.
align 64
quick_call:
    SAVE_ARGUMENTS r11
    push r11                            ; on top of the stack: where C may mark it (percpu.h)
    C_ENTRY_QUICK
    and eax, QUICK_CALLS - 1            ; speculation gets past the test
    mov rdi, r11
%ifdef BATON_CHECK
    mov rsi, r14
    mov rdx, r15
    call quick_call_checked
%else
    call [handlers + QUICK_FIRST * 8 + rax * 8]
%endif
    pop r11
    cmp r11, [rel cpu + CPU_CURRENT]
    jne .not_at_once
    C_EXIT_QUICK
    mov rsp, [r11 + TCB_RSP]
    mov rbp, [r11 + TCB_RBP]
    LOAD_ARGUMENTS r11
    mov rcx, [r11 + TCB_RIP]
    SYSRET_TO_USER

; Another thread runs, or C has marked this one.
.not_at_once:
    mov rcx, r11
    and r11, -CALLER_MARKS
    mov [r11 + TCB_RBX], rbx
    SAVE_KEPT r11
    mov byte [r11 + TCB_RESUME], RESUME_SYSRET
    push qword [r11 + TCB_CR3]
    test cl, CALLER_SPACE_CHANGED
    jz call_done
    mov qword [rsp], 0                  ; what CR3 holds is not known any more
    jmp call_done

; With the trace on C sees each call first; so it does in the checking build, but for the quick ones, and one that no table can have.
syscall_entry_traced:
    KERNEL_ENTER
    BEGIN_CALL
traced_call:
    BEGIN_WHOLE_CALL
call_by_c:
    call syscall_dispatch
    pop r11
    jmp leave_kernel

; A call that C wants to be made again.
restart:
    sub qword [r11 + TCB_RIP], SYSCALL_BYTES
    jmp leave_kernel

; Leaves the boot for the first thread. C: noreturn void resume_user(void)
resume_user:
    mov rsp, [rel cpu + CPU_STACK_TOP]
    mov rax, cr3
    push rax
    jmp leave_kernel

; SYSCALL from compatibility mode, which ring 3 cannot enter: the GDT has no 32-bit user code. CSTAR must point
; somewhere all the same.
syscall_entry_compat:
    ud2

%assign VECTOR_NMI 2
%assign VECTOR_MACHINE_CHECK 18

; One stub of 16 bytes for each vector: leaves vector and error code on the stack. From 16 on, a vector may also be an
; interrupt, since a device may send any, and an interrupt brings no error code. The CPU aligns rsp to 16 bytes before it pushes
; the frame, of five words or six (SDM vol. 3, 6.14.2), so rsp says which it was.
align 16
vector_stubs:
%assign v 0
%rep 256
    align 16
    %if v = 8 || (v >= 10 && v <= 14)
    %elif v = 17 || v = 21 || v = 29 || v = 30
    test spl, 8
    jz short .has_error_%[v]
    push qword 0
.has_error_%[v]:
    %else
    push qword 0
    %endif
    push qword v
    %if v = VECTOR_NMI || v = VECTOR_MACHINE_CHECK
    jmp near trap_in_place
    %else
    jmp near trap_common
    %endif
%assign v v + 1
%endrep

; One of 8 bytes for each vector of a device, where fast paths are used: leaves the vector on the stack, less IRQ_VECTOR_MIDDLE, which
; makes it a signed byte.
%assign DEVICES 192
times -(IRQ_VECTORS != DEVICES) nop     ; an error, if there are more or fewer
align 64
interrupt_stubs:
%assign i 0
%rep DEVICES
    align 8
    push byte IRQ_VECTOR_FIRST + i - IRQ_VECTOR_MIDDLE
    jmp near fast_interrupt
%assign i i + 1
%endrep

; Stack: vector, error code, rip, cs, rflags, rsp, ss (SDM vol. 3, 6.14.2).
struc frame
.vector:    resq 1
.error:     resq 1
.rip:       resq 1
.cs:        resq 1
.rflags:    resq 1
.rsp:       resq 1
.ss:        resq 1
endstruc

align 64
trap_common:
    CLAC_SITE
    cld
    test byte [rsp + frame.cs], 3
    jz trap_in_kernel
    push r11
    KERNEL_ENTER
    mov r11, [rel cpu + CPU_CURRENT]
    mov [r11 + TCB_RBP], rbp
    mov [r11 + TCB_RAX], rax
    mov [r11 + TCB_RBX], rbx
    mov [r11 + TCB_RCX], rcx
    SAVE_MESSAGE r11
    pop qword [r11 + TCB_R11]
    FORGET_PUSHED 1
    mov rax, [rsp + frame.rip]
    mov [r11 + TCB_RIP], rax
    mov eax, FLAGS_OF_RING_3            ; no frame is believed to hold more than ring 3 can set
    and rax, [rsp + frame.rflags]
    mov [r11 + TCB_RFLAGS], rax
    mov rax, [rsp + frame.rsp]
    mov [r11 + TCB_RSP], rax
    mov byte [r11 + TCB_RESUME], RESUME_IRET
    mov rdi, r11
    mov rsi, [rsp + frame.vector]
    mov rdx, [rsp + frame.error]
    mov rsp, [rel cpu + CPU_STACK_TOP]  ; also off an interrupt stack: the handler may switch threads
    push qword [r11 + TCB_CR3]
    C_ENTRY
    xor ebp, ebp
    call trap_user
    jmp leave_kernel

; NMI and machine check, which nothing holds back: they come at any instruction of ring 3, of an entry that has no
; kernel stack yet, or of an exit that has left it. Each runs on a stack of its own (descriptors.c), keeps what it needs
; there, and goes back to where it came from; it touches no TCB and nothing else of what it interrupted.
align 64
trap_in_place:
    CLAC_SITE
    cld

; Also an interrupt of the idle thread; or what ring 3 can cause at the first instruction of an entry, for which
; trap_kernel returns true: back to it with all registers; or a panic.
trap_in_kernel:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    IN_PLACE_ENTER
    mov rdi, rsp
    mov rbx, rsp
    and rsp, -16
    call trap_kernel
    test al, al
    jnz .go_back
    mov rsp, [rel cpu + CPU_STACK_TOP]
    mov rax, cr3
    push rax
    jmp leave_kernel
.go_back:
    IN_PLACE_LEAVE
    mov rsp, rbx
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, frame.rip                  ; vector and error code
    VERW_SITE
    iretq

; C: struct entries, mitigate.h.
section .rodata
align 8
global entries_%[VARIANT]
entries_%[VARIANT]:
    dq syscall_entry, syscall_entry_slow, syscall_entry_traced, fast_page_fault, fast_clock, interrupt_stubs, vector_stubs, resume_user
