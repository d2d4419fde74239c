; What a loader may leave in the local APIC: two interrupts that it took and never ended, a third one that waits, a timer that
; goes on, a priority that no interrupt has. Entered as the kernel is, by the debugger in its place; goes on to the kernel, whose entry is in edi.
bits 32
org 0x20000

APIC equ 0xfee00000
SELF equ 0x44000            ; an interrupt to this CPU itself, edge (SDM vol. 3, 11.6.1)

    mov esp, 0x2f000                      ; the kernel's entry needs no stack
    push eax
    mov cx, cs
    mov [idt + 0x41 * 8 + 2], cx
    mov [idt + 0xe1 * 8 + 2], cx
    lidt [idt_pointer]
    mov al, 0xff
    out 0x21, al                          ; nothing comes by the PICs
    out 0xa1, al
    mov dword [APIC + 0xf0], 0x1ff
    mov dword [APIC + 0x80], 0
    mov dword [APIC + 0x300], SELF | 0x41
    call take
    mov dword [APIC + 0x300], SELF | 0xe1
    call take
    mov dword [APIC + 0x300], SELF | 0x52
    mov dword [APIC + 0x3e0], 11
    mov dword [APIC + 0x320], 0x20061     ; periodic
    mov dword [APIC + 0x380], 100000
    mov dword [APIC + 0x370], 0x62        ; LVT error
    mov eax, [APIC + 0x100 + 0x41 / 32 * 16]
    and eax, [APIC + 0x100 + 0xe1 / 32 * 16]
    test eax, 2                           ; both vectors are bit 1 of theirs
    jz $                                  ; the test would prove nothing
    mov dword [APIC + 0x80], 0xf0         ; a task priority that lets nothing through
    pop eax
    jmp edi

; Waits for the interrupt, and does not end it.
take:
    mov dword [taken], 0
    sti
.wait:
    cmp dword [taken], 0
    je .wait
    cli
    ret

handler:
    mov dword [taken], 1
    iretd

align 8
taken: dd 0
idt_pointer: dw 256 * 8 - 1
    dd idt
align 8
idt:
    times 0x41 dq 0
    dw handler_low, 0, 0x8e00, 2
    times 0xe1 - 0x42 dq 0
    dw handler_low, 0, 0x8e00, 2
    times 0xff - 0xe1 dq 0
handler_low equ (handler - $$) & 0xffff   ; 0x20000 is the rest
