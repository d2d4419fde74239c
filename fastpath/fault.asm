; page fault of ring 3: a message to the pager that waits at the thread's fault endpoint.
; C twin: fault_raise() in kernel/ipc/fault.c, by trap_common.
;
; On entry, from the CPU by the gate of vector 14: on the kernel's stack error code, rip, cs, rflags, rsp, ss; CR2 the
; address; IF clear; all registers but rsp the interrupted code's.
; Roles: r11 the thread that faults; rax the endpoint; rbp the pager; the message's registers from COMMIT on.
; Guaranteed: from ring 3, cpu.current is the thread that faults.
;
; Checks, in order:
;   1  the fault is ring 3's                                     else .bail
;   2  the thread has a fault endpoint                           else .bail_saved
;   3  the key of its receiver reaches the CPU's threshold       else .bail_saved (there is a receiver, it may run at
;      once, and neither it nor the thread has a slow reason)
%include "fastpath.inc"

IMPORT trap_common

VECTOR_PAGE_FAULT equ 14

struc fault_frame                       ; SDM vol. 3, 6.14.2
.error:     resq 1
.rip:       resq 1
.cs:        resq 1
endstruc

ENTRY_POINT fast_page_fault
    test byte [rsp + fault_frame.cs], 3
    jz .bail
    push rax
    push r11
    KERNEL_ENTER
    mov r11, [rel cpu + CPU_CURRENT]
    cmp byte [r11 + TCB_FAULT_TYPE], TYPE_ENDPOINT
    jne .bail_saved
    mov rax, [r11 + TCB_FAULT_OBJECT]
    mov rax, [rax + EP_RECV]
    mov eax, [rax + TCB_KEY]
    cmp eax, [rel cpu + CPU_THRESHOLD]
    jb .bail_saved
    ; ==== COMMIT: nothing below can bail out ====
    pop qword [r11 + TCB_R11]
    pop qword [r11 + TCB_RAX]
    FORGET_PUSHED 2
    mov [r11 + TCB_RBX], rbx
    mov [r11 + TCB_RCX], rcx
    mov [r11 + TCB_RBP], rbp
    SAVE_MESSAGE r11
    mov rdx, cr2
    pop r9                              ; the error code
    pop r8                              ; rip
    pop rax                             ; cs is the same for all
    pop r13                             ; rflags
    pop r10                             ; rsp
    mov [r11 + TCB_RIP], r8
    mov [r11 + TCB_RFLAGS], r13
    mov [r11 + TCB_RSP], r10
    mov esi, FAULT_PAGE
    mov r12d, VECTOR_PAGE_FAULT
    mov [r11 + TCB_FAULT_LABEL], rsi
    mov [r11 + TCB_FAULT_ADDRESS], rdx
    mov [r11 + TCB_FAULT_ERROR], r9
    mov [r11 + TCB_FAULT_VECTOR], r12
    mov byte [r11 + TCB_RESUME], RESUME_IRET
    mov dword [r11 + TCB_SLOW_REASONS], SLOW_FAULTED
    xor r14d, r14d
    xor r15d, r15d
    mov [r11 + TCB_KEY], r14d           ; not eligible while it waits for the reply to a fault
    mov [r11 + TCB_QUEUE], r14
    mov rax, [r11 + TCB_FAULT_OBJECT]
    mov rbp, [rax + EP_RECV]
    mov qword [rax + EP_RECV], nobody_tcb ; it was alone: a head with followers has a slow reason
    mov [r11 + TCB_WAIT], rbp           ; the thread waits for the pager's reply
    mov [rbp + TCB_REPLY_TO], r11       ; the pager owes it
    mov rdi, [r11 + TCB_FAULT_BADGE]
    mov [rel cpu + CPU_CURRENT], rbp
    SWITCH_SPACE r11, rbp
    mov r11, rbp
    RETURN_MESSAGE r11
    ; Changed: the thread's registers, resume slow_reasons key queue wait fault_label fault_address fault_error
    ; fault_vector; pager reply_to; endpoint recv; cpu.current; CR3.
    ; At exit: rax 0, rbx 0, rcx rip, rdi badge, rsi FAULT_PAGE, rdx address, r8 rip, r9 error code, r10 rsp, r12 vector,
    ; r13 rflags, r14 r15 0, rsp rbp the pager's own, r11 the fixed flags.

.bail_saved:
    pop r11
    pop rax
.bail:
    push qword VECTOR_PAGE_FAULT
    jmp trap_common
