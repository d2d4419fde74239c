; What a compiler may call by itself (C11 does not say so, gcc's and clang's manuals do). gcc 12 to 14 call none of it here, so it
; is linked from an archive: only what is called gets into the image.
;
; void *memcpy(void *to, const void *from, size_t n)    void *memset(void *to, int byte, size_t n)
; void *memmove(void *to, const void *from, size_t n)   int memcmp(const void *a, const void *b, size_t n)
bits 64
section .text

global memcpy
memcpy:
    mov rax, rdi
    mov rcx, rdx
    rep movsb
    ret

global memmove
memmove:
    mov rax, rdi
    mov rcx, rdx
    sub rdi, rsi
    cmp rdi, rdx            ; below: `to` lies within `from`, so that the last byte goes first
    lea rdi, [rdi + rsi]
    jb .backwards
    rep movsb
    ret
.backwards:
    lea rdi, [rdi + rdx - 1]
    lea rsi, [rsi + rdx - 1]
    std
    rep movsb
    cld
    ret

global memset
memset:
    mov r8, rdi
    mov eax, esi
    mov rcx, rdx
    rep stosb
    mov rax, r8
    ret

global memcmp
memcmp:
    mov rcx, rdx
    xor eax, eax            ; equal, when there is not one byte
    repe cmpsb
    je .done
    movzx eax, byte [rdi - 1]
    movzx edx, byte [rsi - 1]
    sub eax, edx
.done:
    ret
