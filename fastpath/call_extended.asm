; call, from or to a thread that has extended state or segment bases.
; C twin: sys_call() in kernel/ipc/ipc.c, with switched() in kernel/thread/sched.c.
;
; On entry (fast_call, whose checks 1 and 2 hold): rbx the caller; rdi the slot of the endpoint capability; r11 its receiver, or
; NOBODY or SLOW_HEAD; rcx user rip, rsp rbp the user's; rax scratch; all else the user's.
;
; Checks, in order:
;   1  the receiver's extended_key reaches the CPU's threshold, less what the caller has of SLOW_SECOND   else fast_call_queued
;      (there is a receiver, it may run at once, and neither it nor the caller has another slow reason)
;   2  a receiver that has state, where the caller has none, has it in the registers   else fast_call.bail_slot (another's are
;      to be saved first)
; Behind COMMIT jumps choose what is switched, most of it in reply_extended.asm; none bails out.
%include "extended.inc"

IMPORT_LABEL fast_call, .bail_slot
IMPORT fast_call_queued
IMPORT_LABEL fast_reply_extended, .same
IMPORT_LABEL fast_reply_extended, .state_done
IMPORT_LABEL fast_reply_extended, .bases_differ

; As in call.asm; uses rcx.
%macro HAND_OVER 0
    SAVE_WAITER rbx
    mov [rbx + TCB_WAIT], r11
    mov [r11 + TCB_REPLY_TO], rbx
    mov rcx, [rdi + SLOT_OBJECT]
    mov qword [rcx + EP_RECV], nobody_tcb
    mov rdi, [rdi + SLOT_DATA]
    mov [rel cpu + CPU_CURRENT], r11
%endmacro

ENTRY_POINT fast_call_extended
    movzx eax, word [rel cpu + CPU_THRESHOLD]
    cmp eax, [r11 + TCB_EXTENDED_KEY]
    ja fast_call_queued
    mov eax, [rbx + TCB_SLOW_REASONS]
    xor eax, [r11 + TCB_SLOW_REASONS]
    jnz .differ
    ; ==== COMMIT: nothing below can bail out ==== Both have the same.
    HAND_OVER
    jmp fast_reply_extended.same

.differ:                                ; eax: what one of them has, and the other has not
    cmp eax, SLOW_BASES
    je .bases
    HAS r11, SLOW_STATE
    jnz .opens
    ; ==== COMMIT ====
    HAND_OVER
    xor [rel cpu + CPU_THRESHOLD], eax
    BAR_STATE rbx, r11
    jmp fast_reply_extended.state_done

.opens:
    HELD_ELSE rbx, r11, fast_call.bail_slot
    ; ==== COMMIT ====
    HAND_OVER
    xor [rel cpu + CPU_THRESHOLD], eax
    OPEN_STATE rbx, r11
    jmp fast_reply_extended.state_done

.bases:
    ; ==== COMMIT ====
    HAND_OVER
    jmp fast_reply_extended.bases_differ
    ; Changed: as by fast_call; also cpu.threshold, cpu.extended, and the caller's bases and state in memory; FS and GS base, the
    ; registers of extended state, CR0.TS, CR4.FSGSBASE. At exit: as of fast_call.
