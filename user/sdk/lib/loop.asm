; void baton_serve(void): the loop of a component that has an endpoint, because others call it or it has children.
; void baton_listen(void): that of one that is only notified. Neither returns. The input is in slot 1 of either.
;
; After a system call rax is the outcome, rdi the badge, esi the message's first word; words are in the registers of words.inc. A badge
; with bit 63 is that of a protected call, with bit 62 that of a child's fault; the id is in the bits below.
bits 64
default abs
%include "words.inc"

%define INPUT 1 << SLOT_BITS
%define CALL_BIT 63
%define FAULT_BIT 62
%define BASE_IRQ_CAP 138
%define IRQS 64

global baton_serve
global baton_listen
extern protected
extern notified
extern baton_fault
extern microkit_have_signal
extern microkit_signal_cap

; What was deferred is done now. Only rax, rcx, rdi and r11 change: neither is a message call.
%macro DO_DEFERRED 0
        mov     byte [microkit_have_signal], 0
        mov     rdi, [microkit_signal_cap]
        lea     ecx, [rdi - BASE_IRQ_CAP]
        shl     rdi, SLOT_BITS
        mov     eax, SYS_SIGNAL
        cmp     ecx, IRQS
        jae     %%do
        mov     eax, SYS_IRQ_HANDLER_ACK
%%do:
        syscall
%endmacro

; Waits for the next message by the system call %1, tells each notification, and goes on with what else comes. Changes what a call may change,
; and rbx.
%macro LISTEN 1
        jmp     .receive
.notified:
        mov     rbx, rdi                ; its bits: at least one
.next_bit:
        bsf     rdi, rbx
        btr     rbx, rdi
        call    notified                ; (edi the channel)
        test    rbx, rbx
        jnz     .next_bit
.receive:
        cmp     byte [microkit_have_signal], 0
        je      .nothing_deferred
        DO_DEFERRED
.nothing_deferred:
        mov     eax, %1
        mov     edi, INPUT
        syscall
        cmp     eax, GOT_NOTIFIED
        je      .notified
%endmacro

JUMP_TABLE store_table, baton_serve.stored, baton_serve.store, baton_serve.store_more
JUMP_TABLE load_table, baton_serve.load_none, baton_serve.load, baton_serve.load_long

section .text
baton_serve:
        and     rsp, -16                ; the ABI: rsp is a multiple of 16 at a call
        LISTEN SYS_RECV
        jmp     .received

        LOAD_WORDS .load, SYS_REPLY_RECV, .enter
.load_long:
        SEND_LONG
        LOAD_FIRST REGISTER_WORDS
        mov     eax, SYS_LONG_REPLY_RECV
        jmp     .enter
.deferred:
        DO_DEFERRED
        jmp     .load_words
.load_some:
        mov     rcx, BUFFER
        movzx   eax, sil
        jmp     [load_table + rax * 8]

.store_more:
        RECEIVE_MORE
        STORE_WORDS .store
; From here on to its end the loop of a call without words runs in one line. A call's badge tells all that it needs to know: no signal,
; error or fault has that bit.
.stored:
        call    protected               ; (edi the channel, rsi the message) -> rax the answer
        mov     rsi, rax
.answer:
        cmp     byte [microkit_have_signal], 0
        jne     .deferred
.load_words:
        test    sil, COUNT_MASK
        jnz     .load_some
; In these four the called function may have left anything. It has kept the other four: there the caller finds its own.
.load_none:
        xor     edx, edx
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        mov     eax, SYS_REPLY_RECV
.enter:
        mov     edi, INPUT
        syscall
.received:
        btr     rdi, CALL_BIT
        jnc     .not_called
        test    sil, COUNT_MASK
        jz      .stored
        mov     rcx, BUFFER
        movzx   r11d, sil
        jmp     [store_table + r11 * 8]

.not_called:
        cmp     eax, GOT_NOTIFIED
        je      .notified
        test    rax, rax
        js      .failed
        btr     rdi, FAULT_BIT
        jnc     .receive
; A fault's first word is its number, not a count of words.
        mov     rcx, BUFFER
        STORE_WORDS .fault
        call    baton_fault             ; (edi the child, rsi the fault) -> rax whether it goes on
        test    eax, eax
        jz      .receive                ; which drops the right to answer
        xor     esi, esi
        jmp     .answer
.failed:
        cmp     rax, ERR_CANCELED       ; it was stopped and resumed
        je      .receive
        ud2

baton_listen:
        and     rsp, -16
        LISTEN SYS_WAIT
        cmp     rax, ERR_CANCELED
        je      .receive
        ud2

section .note.GNU-stack noalloc noexec nowrite progbits
