; interrupt of the clock in ring 3 when the one timer that is armed is due: a more urgent thread that waits for it runs.
; C twin: tick_interrupt() in kernel/entry/tick.c, by trap_interrupt() in kernel/entry/trap.c.
;
; On entry, from the CPU by the gate of VECTOR_CLOCK: on the kernel's stack rip, cs, rflags, rsp, ss; IF clear; all registers but rsp
; the interrupted code's.
; Roles: rbx the timer; rax the time, then the slot of its target. At .woken: as in interrupt.asm, and rsi the local APIC.
; Guaranteed: from ring 3, cpu.current is the thread that is interrupted; the first of the armed timers is timer_first, and the others
; stand below it.
;
; Checks, in order:
;   1  the interrupt is ring 3's             else fast_interrupt.bail
;   2  a timer is armed                      else fast_interrupt.bail_saved
;   3  it is due                             else fast_interrupt.bail_saved
;   4  no other is armed                     else fast_interrupt.bail_saved
;   5  no tick of the time slices is         else fast_interrupt.bail_saved
; and then those from 4 on of interrupt.asm.
%include "interrupt.inc"

EXPORT_LABEL fast_clock, .woken
IMPORT_LABEL fast_interrupt, .target
IMPORT_LABEL fast_interrupt, .ended
IMPORT_LABEL fast_interrupt, .x2apic
IMPORT_LABEL fast_interrupt, .bail
IMPORT_LABEL fast_interrupt, .bail_saved
extern timer_first, clock_next_tick, clock_next_interrupt, clock_apic_ratio

; The time: rax. Uses rdx.
%macro TIME 0
    rdtsc
    shl rdx, 32
    or rax, rdx
%endmacro

ENTRY_POINT fast_clock
    push byte CLOCK
    test byte [rsp + pushed.cs - pushed.vector], 3
    jz fast_interrupt.bail
    PUSH_SCRATCH
    KERNEL_ENTER
    mov rbx, [rel timer_first]
    test rbx, rbx
    jz fast_interrupt.bail_saved
    mov rcx, rdx                        ; which no scratch register is
    TIME
    mov rdx, rcx
    cmp rax, [rbx + TIMER_DEADLINE]
    jb fast_interrupt.bail_saved
    mov rcx, [rbx + TIMER_BELOW]
    or rcx, [rbx + TIMER_BELOW + 8]
    jnz fast_interrupt.bail_saved
    cmp rax, [rel clock_next_tick]
    jae fast_interrupt.bail_saved
    lea rax, [rbx + TIMER_TARGET]
    jmp fast_interrupt.target

; Behind COMMIT. No timer is armed any more: the next interrupt is that of the tick.
.woken:
    mov qword [rel timer_first], 0
    mov qword [rax - TIMER_TARGET + TIMER_PLACE], 0
    mov rcx, [rel clock_next_tick]
    mov [rel clock_next_interrupt], rcx
    TIME
    xor edx, edx
    sub rcx, rax
    cmovb rcx, rdx                      ; it is due by now
    imul rcx, [rel clock_apic_ratio]
    shr rcx, CLOCK_RATIO_BITS
    inc ecx
    test rsi, rsi
    jz .x2apic
    mov dword [rsi + APIC_EOI], 0
    mov [rsi + APIC_INITIAL], ecx
    jmp fast_interrupt.ended
    ; Changed: as by interrupt.asm, but instead of a handler timer_first, the timer's place, clock_next_interrupt.

.x2apic:                                ; edx is 0
    mov eax, ecx
    mov ecx, MSR_APIC_INITIAL
    wrmsr
    jmp fast_interrupt.x2apic
