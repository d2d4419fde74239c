; The branch history of ring 3 is overwritten, so that it cannot choose among what the predictor knows of the kernel's
; branches (branch history injection). The loop and its alignment are those that Intel gives for it.
; Called by the entries of the C paths when nothing in the CPU does the same. Uses rax and rcx.
global branch_history_clear

section .text

align 64
branch_history_clear:
    mov ecx, 5
    call .outer
    lfence
    ret

align 64
.outer:
    call .inner
    ret

align 64
.inner:
    mov eax, 5
.again:
    jmp .taken
    nop
.taken:
    dec eax
    jnz .again
    dec ecx
    jnz .outer
    ret
