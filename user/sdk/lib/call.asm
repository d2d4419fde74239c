; seL4_Word baton_message(seL4_Word address, seL4_Word info, seL4_Word number, seL4_Word number_if_long)
; microkit_msginfo baton_ppcall(seL4_Word endpoint_address, microkit_msginfo info)
;
; Sends the first words of the buffer, and takes what comes back into them. What is not sent is cleared: all eight registers
; travel, and would bring the receiver what others have told this component. The answer of one that died before it
; answered is BATON_LABEL_NO_ANSWER without words. How many words there are is mostly known to the compiler: microkit.h has the
; same for that.
bits 64
default abs
%include "words.inc"

%define NO_ANSWER -1 << 12

global baton_ppcall
global baton_message
global baton_take

JUMP_TABLE load_table, baton_message.none, baton_message.load, baton_message.long
JUMP_TABLE take_table, baton_take.store0, baton_take.store, baton_take.more

section .text
baton_ppcall:
        mov     edx, SYS_CALL
        mov     ecx, SYS_LONG_CALL
baton_message:
        push    rbx
        push    r12
        push    r13
        push    r14
        push    r15
        push    rcx                     ; the number for a long message
        mov     ebx, edx
        mov     rcx, BUFFER
        movzx   eax, sil
        jmp     [load_table + rax * 8]
.none:
        CLEAR_WORDS
        mov     eax, ebx
.send:
        syscall
        test    rax, rax
        js      .failed
        call    baton_take
        mov     rax, rsi
.return:
        pop     rcx
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        ret
.failed:
        mov     rax, NO_ANSWER
        jmp     .return

.long:
        mov     ebx, [rsp]
        SEND_LONG
        jmp     .load8
        LOAD_WORDS .load, ebx, .send

; The words of an answer into the buffer. On entry all is as after the system call. Changes rax, rcx, r11.
baton_take:
        movzx   r11d, sil
        mov     rcx, BUFFER
        jmp     [take_table + r11 * 8]
.more:
        RECEIVE_MORE
        STORE_WORDS .store
.store0:
        ret

section .note.GNU-stack noalloc noexec nowrite progbits
