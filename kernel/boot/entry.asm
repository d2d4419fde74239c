; From the boot loader to long mode in the higher half. C: boot_main() in main.c.
;
; On entry (multiboot 1 section 3.2, multiboot 2 section 3.3): 32-bit protected mode, no paging, interrupts off; eax magic,
; ebx physical address of the loader's information.
%include "offsets.inc"

KERNEL_VMA equ 0xffffffff80000000       ; layout.h

extern boot_main, kernel_stack_top, boot_load_start, boot_load_end, boot_bss_end
global boot_entry, boot_pml4

section .multiboot progbits alloc noexec nowrite align=8
mb1_header:
    MB1_MAGIC equ 0x1badb002
    MB1_FLAGS equ 3                     ; modules on page boundaries, memory map wanted
    dd MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

align 8
mb2_header:
    MB2_MAGIC equ 0xe85250d6
    dd MB2_MAGIC, 0, mb2_end - mb2_header, -(MB2_MAGIC + (mb2_end - mb2_header)) & 0xffffffff
    dw 6, 0                             ; modules on page boundaries
    dd 8
    dw 5, 1                             ; a frame buffer, if there is one: without it text mode does
    dd 20, 0, 0, 32                     ; of any size (grub.cfg says which it prefers)
    dd 0                                ; tags begin at multiples of 8
    dw 0, 0
    dd 8
mb2_end:

section .boot progbits alloc exec write align=16
bits 32
boot_entry:
    cli
    cld
    mov esp, boot_stack_top
    mov edi, eax                        ; the arguments of boot_main, kept
    mov esi, ebx
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    jb .no_long_mode
    mov eax, 0x80000001
    cpuid
    bt edx, 29                          ; LM (SDM vol. 2, CPUID)
    jnc .no_long_mode
    bt edx, 20                          ; NX: W^X needs it
    jnc .no_long_mode

    ; Boot tables: the first 4 GiB at their own addresses in 2 MiB pages, the first GiB at KERNEL_VMA too.
    mov dword [boot_pml4], boot_pdpt_low + 3
    mov dword [boot_pml4 + 511 * 8], boot_pdpt_high + 3
    mov dword [boot_pdpt_high + 510 * 8], boot_pd + 3
    mov ecx, 4
    mov eax, boot_pd + 3
    mov edx, boot_pdpt_low
.next_table:
    mov [edx], eax
    add eax, 4096
    add edx, 8
    loop .next_table
    mov ecx, 2048
    mov eax, 0x83                       ; present, writable, large
    mov edx, boot_pd
.next_page:
    mov [edx], eax
    add eax, 0x200000
    add edx, 8
    loop .next_page

    ; All of CR4, EFER and CR0 is ours: what firmware has left on (CR4.PCE, CR4.FSGSBASE) would be open to ring 3.
    mov eax, 1 << 5                     ; PAE
    mov cr4, eax
    mov eax, boot_pml4
    mov cr3, eax
    mov ecx, 0xc0000080                 ; EFER
    mov eax, 1 << 0 | 1 << 8 | 1 << 11  ; SCE, LME, NXE
    xor edx, edx
    wrmsr
    ; PG, WP, NE (an x87 error is #MF, not an interrupt of the PIC: SDM vol. 3, 2.5), TS (no thread has an FPU), MP, PE
    mov eax, 1 << 31 | 1 << 16 | 1 << 5 | 1 << 3 | 1 << 1 | 1
    mov cr0, eax
    lgdt [boot_gdtr]
    jmp 8:.long_mode

.no_long_mode:
    mov esi, no_long_mode_text
    mov edx, 0x3f8
.next_char:
    lodsb
    test al, al
    jz .halt
    out dx, al
    out 0xe9, al
    jmp .next_char
.halt:
    hlt
    jmp .halt

bits 64
.long_mode:
    xor eax, eax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov rax, boot_high
    jmp rax

no_long_mode_text:
    db "baton: this CPU has no 64-bit mode with no-execute pages; Baton needs one that has.", 10, 0

align 8
boot_gdt:
    dq 0
    dq 0x00af9b000000ffff               ; 64-bit code
boot_gdtr:
    dw $ - boot_gdt - 1
    dd boot_gdt

section .boot_bss nobits alloc noexec write align=4096
boot_pml4:      resb 4096
boot_pdpt_low:  resb 4096
boot_pdpt_high: resb 4096
boot_pd:        resb 4 * 4096
boot_stack:     resb 64
boot_stack_top:

section .text
boot_high:
    mov rsp, kernel_stack_top
    xor ebp, ebp
    call boot_main                      ; edi magic, esi information
    ud2
