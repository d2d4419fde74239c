; interrupt of ring 3 that a more urgent thread waits for, at the notification of a device's handler (or of a timer: clock.asm), or at
; an endpoint with it bound: the driver runs.
; C twin: irq_raise() in kernel/object/irq.c, by trap_interrupt() in kernel/entry/trap.c.
;
; On entry, from the CPU by the gate and the stub of a device's vector: on the kernel's stack the vector, less IRQ_VECTOR_MIDDLE, rip,
; cs, rflags, rsp, ss; IF clear; all registers but rsp the interrupted code's. At .target, from fast_clock: four of them on the stack.
; Roles: rax the slot of the notification capability; rbx the thread that waits for it; r11 the running thread.
; Guaranteed: from ring 3, cpu.current is the thread that is interrupted; a notification's head is NULL, SLOW_HEAD, or a thread that
; waits at it; SLOW_HEAD only with a bound thread; a waiting thread's `wait` is a reference.
;
; Checks, in order:
;   1  the interrupt is ring 3's                                  else .bail
;   2  a handler has that vector, and nothing is pending at it    else .bail_saved
;   3  its line is edge triggered, or it has none                 else .bail_saved  (one that is level triggered is to be masked)
; and then, at .target:
;   4  a notification is bound to it                              else .bail_saved
;   5  somebody waits for that                                    else .bail_saved
;   6  that thread is more urgent than the running one              else .second
;   6' or another thread than the running one is bound to the notification, is the first receiver at an endpoint, and 6 holds for it
;                                                                 else .bail_saved
;   7  the running thread is more urgent than all that are ready  else .bail_saved
;      A thread with a slow reason has key 0, and the threshold is above all keys while the running thread has one: so neither has
;      one, and nobody else waits there (SLOW_FOLLOWED).
%include "interrupt.inc"

EXPORT_LABEL fast_interrupt, .target
EXPORT_LABEL fast_interrupt, .ended
EXPORT_LABEL fast_interrupt, .x2apic
EXPORT_LABEL fast_interrupt, .bail
EXPORT_LABEL fast_interrupt, .bail_saved
IMPORT_LABEL fast_clock, .woken
extern irq_handlers

ENTRY_POINT fast_interrupt
    test byte [rsp + pushed.cs - pushed.vector], 3
    jz .bail
    PUSH_SCRATCH
    KERNEL_ENTER
    mov rax, [rsp + pushed.vector]
    shl rax, IRQ_BITS
    add rax, irq_handlers + ((IRQ_VECTOR_MIDDLE - IRQ_VECTOR_FIRST) << IRQ_BITS)
    cmp dword [rax + IRQ_USED], 1       ; and neither pending nor again
    jne .bail_saved
    test byte [rax + IRQ_LINE + 2], IRQ_LEVEL >> 16
    jnz .bail_saved
.target:
    cmp byte [rax + SLOT_TYPE], TYPE_NOTIFICATION
    jne .bail_saved
    mov rcx, [rax + SLOT_OBJECT]
    mov rbx, [rcx + NOTIFICATION_HEAD]
    test rbx, rbx
    jz .bail_saved
    mov r11, [rel cpu + CPU_CURRENT]
    mov ecx, [rbx + TCB_KEY]
    cmp ecx, [r11 + TCB_KEY]
    jbe .second
.urgent:
    mov ecx, [r11 + TCB_KEY]
    cmp ecx, [rel cpu + CPU_THRESHOLD]
    jbe .bail_saved
    ; ==== COMMIT: nothing below can bail out ====
    pop qword [r11 + TCB_R11]
    pop qword [r11 + TCB_RBX]
    pop qword [r11 + TCB_RCX]
    pop qword [r11 + TCB_RAX]
    FORGET_PUSHED 4
    mov [r11 + TCB_RBP], rbp
    SAVE_MESSAGE r11
    pop r8                              ; the vector
    pop qword [r11 + TCB_RIP]
    pop rdx                             ; cs is the same for all
    pop rdx
    and edx, FLAGS_OF_RING_3            ; as trap_common does
    mov [r11 + TCB_RFLAGS], rdx
    pop qword [r11 + TCB_RSP]
    mov byte [r11 + TCB_RESUME], RESUME_IRET
    COPY [r11 + TCB_SLICE_LEFT], [rel cpu + CPU_SLICE_LEFT]
    mov qword [r11 + TCB_WAIT], REF_READY
    mov esi, [r11 + TCB_KEY]
    PUT_ON_TOP r11, rdi, rdx, rsi, esi
    mov [rdi + QUEUE_TAIL], r11         ; it is settled, so that means something
    mov rdi, [rax + SLOT_DATA]          ; the bits
    mov rcx, [rbx + TCB_WAIT]
    test cl, REF_ENDPOINT
    jnz .leaves
    mov qword [rcx + NOTIFICATION_HEAD - REF_NOTIFICATION], 0
.left:
    COPY [rel cpu + CPU_SLICE_LEFT], [rbx + TCB_SLICE_TICKS]
    mov [rel cpu + CPU_CURRENT], rbx
    mov rsi, [rel apic]
    cmp r8b, CLOCK
    je fast_clock.woken
    mov byte [rax + IRQ_PENDING], 1
    test rsi, rsi
    jz .x2apic
    mov dword [rsi + APIC_EOI], 0
.ended:
    SWITCH_SPACE r11, rbx
    mov r11, rbx
    LOAD_WAITER r11
    RETURN_NOTIFIED
    ; Changed: the interrupted thread's registers, resume slice_left wait; its queue; notification head, or endpoint recv and the bound
    ; thread's reply_to; cpu.current threshold slice_left highest ready_bits; the handler's pending; the local APIC; CR3.
    ; At exit: rax GOT_NOTIFIED, rcx rip, rdi the bits, rbx rsi rdx r8 r9 r10 r12-r15 0, rsp rbp the woken thread's own, r11 the
    ; fixed flags.

.leaves:
    mov qword [rcx + EP_RECV], nobody_tcb
    mov qword [rbx + TCB_REPLY_TO], nobody_tcb
    jmp .left

.x2apic:
    xor eax, eax
    xor edx, edx
    mov ecx, MSR_APIC_EOI
    wrmsr
    jmp .ended

.second:
    cmp rbx, slow_head_tcb
    jne .bail_saved
    mov rcx, [rax + SLOT_OBJECT]
    mov rbx, [rcx + NOTIFICATION_BOUND]
    cmp rbx, r11
    je .bail_saved
    RECEIVES_FIRST rbx, rcx, cl, .bail_saved
    mov ecx, [rbx + TCB_KEY]
    cmp ecx, [r11 + TCB_KEY]
    ja .urgent

.bail_saved:
    pop r11
    pop rbx
    pop rcx
    pop rax
    FORGET_PUSHED 4
.bail:                                  ; as the stubs leave it: vector and error code
    push qword [rsp]
    add qword [rsp], IRQ_VECTOR_MIDDLE
    mov qword [rsp + 8], 0
    jmp trap_common
