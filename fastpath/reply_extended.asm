; reply_recv, from or to a thread that has extended state or segment bases.
; C twin: sys_reply_recv() in kernel/ipc/ipc.c, with switched() in kernel/thread/sched.c.
;
; On entry (fast_reply_fault, by its first check; the checks 1 to 3 of fast_reply_recv hold): rbx the server; rdi the slot of the
; endpoint capability; r11 the thread to answer, or NOBODY; rcx user rip, rsp rbp the user's; rax scratch; all else the user's.
;
; Checks, in order:
;   1  the thread's extended_key reaches the CPU's threshold, less what the server has of SLOW_SECOND   else
;      fast_reply_recv.bail_slot (there is one, it waits for the reply to a call, may run at once, and neither it nor the server
;      has another slow reason)
;   2  if it has state, and the server has none, it has it in the registers   else fast_reply_recv.bail_slot (another's are to be
;      saved first)
; Behind COMMIT jumps choose what is switched; none bails out.
%include "extended.inc"

IMPORT_LABEL fast_reply_recv, .bail_slot
EXPORT_LABEL fast_reply_extended, .same
EXPORT_LABEL fast_reply_extended, .state_done
EXPORT_LABEL fast_reply_extended, .bases_differ

; As in reply_recv.asm.
%macro HAND_BACK 0
    SAVE_WAITER rbx
    mov rdi, [rdi + SLOT_OBJECT]
    mov [rdi + EP_RECV], rbx
    mov [rbx + TCB_WAIT], rdi
    xor edi, edi
    mov [rel cpu + CPU_CURRENT], r11
%endmacro

ENTRY_POINT fast_reply_extended
    movzx eax, word [rel cpu + CPU_THRESHOLD]
    cmp eax, [r11 + TCB_EXTENDED_KEY]
    ja fast_reply_recv.bail_slot
    mov eax, [rbx + TCB_SLOW_REASONS]
    xor eax, [r11 + TCB_SLOW_REASONS]
    jnz .differ
    ; ==== COMMIT: nothing below can bail out ==== Both have the same.
    HAND_BACK
.same:                                  ; from here on call_extended.asm, too: rbx the one that ran, r11 the next
    HAS r11, SLOW_BASES
    jz .same_bases
    SWAP_BASES rbx, r11
.same_bases:
    HAS r11, SLOW_STATE
    jz .go
    SWAP_STATE rbx, r11
.go:
    SWITCH_SPACE rbx, r11
    RETURN_MESSAGE r11
    ; Changed: as by fast_reply_recv; also cpu.threshold, cpu.extended, and the server's bases and state in memory; FS and GS base,
    ; the registers of extended state, CR0.TS, CR4.FSGSBASE. At exit: as of fast_reply_recv.

.differ:                                ; eax: what one of them has, and the other has not
    cmp eax, SLOW_BASES
    je .bases
    HAS r11, SLOW_STATE
    jz .bars
    HELD_ELSE rbx, r11, fast_reply_recv.bail_slot
    ; ==== COMMIT ====
    HAND_BACK
    xor [rel cpu + CPU_THRESHOLD], eax
    OPEN_STATE rbx, r11
.state_done:
    test eax, SLOW_BASES
    jnz .bases_change
    HAS r11, SLOW_BASES
    jz .go_2
    SWAP_BASES rbx, r11
.go_2:
    SWITCH_SPACE rbx, r11
    RETURN_MESSAGE r11

.bars:
    ; ==== COMMIT ====
    HAND_BACK
    xor [rel cpu + CPU_THRESHOLD], eax
    BAR_STATE rbx, r11
    jmp .state_done

.bases:
    ; ==== COMMIT ====
    HAND_BACK
.bases_differ:
    xor [rel cpu + CPU_THRESHOLD], eax
    HAS r11, SLOW_STATE
    jz .bases_change
    SWAP_STATE rbx, r11
.bases_change:
    HAS r11, SLOW_BASES
    jnz .gives
    TAKE_BASES rbx
    SWITCH_SPACE rbx, r11
    RETURN_MESSAGE r11
.gives:
    GIVE_BASES r11
    SWITCH_SPACE rbx, r11
    RETURN_MESSAGE r11
