; A guest that finds out whether a virtual machine is worth measuring in: it goes to ring 3 and back a
; thousand times, talks to a port, and runs a long loop, then writes MAGIC to the exit port. Anything that
; goes wrong is a triple fault (there is no IDT), or takes too long. After each step it prints one letter on
; port 0xE9, so that the host can say how far it came; scripts/machine/probe.py knows the letters.
;
; A flat multiboot-1 image (the header gives its addresses): nasm alone builds it. SDM is Intel's manual.

LOAD            equ 0x100000
EXIT_PORT       equ 0xf4
DEBUG_PORT      equ 0xe9
PIC_MASK_PORT   equ 0x21                ; a register that reads back what was written to it
MAGIC           equ 42                  ; QEMU's status is then 85; scripts/machine/probe.py has the same number
FAILED          equ 1
ROUND_TRIPS     equ 1000
PORT_ROUNDS     equ 1000
LOOPS           equ 20000000            ; 0.01 s on a CPU, 20 s at 2 million instructions a second

MB_MAGIC        equ 0x1badb002
MB_FLAGS        equ 1 << 16             ; the address fields below are valid

CS_KERNEL       equ 0x08                ; SYSCALL: CS = 0x08, SS = 0x10 (SDM vol. 2, SYSCALL)
DS_KERNEL       equ 0x10
STAR_HIGH       equ (0x10 << 16) | CS_KERNEL    ; SYSRET: SS = 0x10 + 8, CS = 0x10 + 16, both with RPL 3

MSR_EFER        equ 0xc0000080
EFER_SCE        equ 1 << 0
EFER_LME        equ 1 << 8
MSR_STAR        equ 0xc0000081
MSR_LSTAR       equ 0xc0000082
MSR_FMASK       equ 0xc0000084
RFLAGS_FIXED    equ 0x2

PTE_USER_TABLE  equ 0x07                ; present, writable, user
PTE_USER_2M     equ 0x87                ; the same, a large page

%macro  letter 1
        mov     al, %1
        out     DEBUG_PORT, al
%endmacro

%macro  write_msr 3                     ; msr, high, low
        mov     ecx, %1
        mov     edx, %2
        mov     eax, %3
        wrmsr
%endmacro

        bits 32
        org LOAD

header: dd      MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)
        dd      header, LOAD, load_end, bss_end, start

start:  cli
        cld
        letter  'B'
        mov     dword [pml4], pdpt + PTE_USER_TABLE     ; QEMU has cleared what follows load_end
        mov     dword [pdpt], pd + PTE_USER_TABLE
        mov     dword [pd], PTE_USER_2M                 ; 0 to 2 MiB: this image
        mov     eax, pml4
        mov     cr3, eax
        mov     eax, cr4
        or      eax, 1 << 5                             ; PAE
        mov     cr4, eax
        write_msr MSR_EFER, 0, EFER_LME | EFER_SCE
        mov     eax, cr0
        or      eax, (1 << 31) | 1                      ; PG, PE
        mov     cr0, eax
        lgdt    [gdt_pointer]
        jmp     CS_KERNEL:long_mode

        bits 64
        default rel
long_mode:
        mov     eax, DS_KERNEL
        mov     ss, eax
        letter  'L'
        write_msr MSR_STAR, STAR_HIGH, 0
        write_msr MSR_LSTAR, 0, from_ring3
        write_msr MSR_FMASK, 0, 0x47700                 ; TF IF DF IOPL NT AC
        xor     ebx, ebx                                ; ebx: how often ring 3 has called
        xor     edi, edi                                ; edi: 0 until its last call
        mov     ecx, ring3
        mov     r11d, RFLAGS_FIXED
        o64 sysret

ring3:  mov     ebp, ROUND_TRIPS
.again: syscall
        dec     ebp
        jnz     .again
        mov     edi, 1                                  ; the last call: all done
        syscall
        ud2                                             ; it must not return

from_ring3:
        test    edi, edi
        jnz     .all_done
        inc     ebx
        o64 sysret
.all_done:
        cmp     ebx, ROUND_TRIPS
        jne     fail
        letter  'S'

        mov     ecx, PORT_ROUNDS
.port:  mov     al, cl
        out     PIC_MASK_PORT, al
        in      al, PIC_MASK_PORT
        cmp     al, cl
        jne     fail
        dec     ecx
        jnz     .port
        letter  'P'

        mov     ecx, LOOPS
.loop:  dec     ecx
        jnz     .loop
        letter  'T'
        mov     al, MAGIC
        jmp     end
fail:   mov     al, FAILED
end:    out     EXIT_PORT, al
.halted: hlt                                            ; QEMU 10 goes on for a while after it was told to end
        jmp     .halted

        align   8
gdt:    dq      0
        dq      0x00af9b000000ffff      ; 0x08 ring-0 code, 64-bit
        dq      0x00cf93000000ffff      ; 0x10 ring-0 data
        dq      0x00cff3000000ffff      ; 0x18 ring-3 data
        dq      0x00affb000000ffff      ; 0x20 ring-3 code, 64-bit
gdt_end:
gdt_pointer:
        dw      gdt_end - gdt - 1
        dd      gdt
load_end:

        absolute LOAD + (load_end - header + 4095) / 4096 * 4096
pml4:   resb    4096
pdpt:   resb    4096
pd:     resb    4096
bss_end:
