; seL4_Word baton_message(seL4_Word address, seL4_Word info, seL4_Word number, seL4_Word number_if_long)
; microkit_msginfo baton_ppcall(seL4_Word endpoint_address, microkit_msginfo info)
;
; Sends the first words of the buffer, and takes what comes back into them. What is not sent is cleared: all eight registers
; travel, and would bring the receiver what somebody else has told this component. The answer of one that died before it
; answered is BATON_LABEL_NO_ANSWER without words.
bits 64
default rel
%include "words.inc"

%define NO_ANSWER -1 << 12

global baton_ppcall
global baton_message

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
        CLEAR_WORDS
        mov     eax, esi
        and     eax, COUNT_MASK
        jz      .send
        cmp     eax, REGISTER_WORDS
        ja      .long
.load:
        LOAD_WORDS
.send:
        mov     eax, ebx
        syscall
        test    rax, rax
        jnz     .unusual
        mov     eax, esi
        and     eax, COUNT_MASK
        jz      .done
        mov     rcx, BUFFER
        cmp     eax, REGISTER_WORDS
        ja      .more
        STORE_WORDS
.done:
        mov     rax, rsi
.return:
        pop     rcx
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        ret

.long:
        mov     ebx, [rsp]
        SEND_LONG
        jmp     .load

.unusual:
        js      .failed
        mov     rcx, BUFFER
.more:
        RECEIVE_MORE
        jmp     .done
.failed:
        mov     rax, NO_ANSWER
        jmp     .return

section .note.GNU-stack noalloc noexec nowrite progbits
