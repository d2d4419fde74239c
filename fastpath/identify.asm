; sys_cap_identify: the type of a capability, one level. It is what a lookup costs by itself.
; C twin: sys_cap_identify() in kernel/object/cnode.c.
;
; On entry (syscall_entry): rax SYS_CAP_IDENTIFY, rdi capability address, rcx user rip, all else the user's and to be
; kept, even rbx; r11 scratch.
; Roles: r11 the running thread, then the slot.
;
; Checks: 1 the address is an index of the root CNode; 2 the slot is neither empty nor being taken apart. Else .bail.
%include "fastpath.inc"

ENTRY_POINT fast_identify
    KERNEL_ENTER
    mov r11, [rel cpu + CPU_CURRENT]
    LOOKUP_KEEP .bail
    movsx eax, byte [rax + SLOT_TYPE]
    test eax, eax
    jle .bail                           ; 0: empty; below 0: TYPE_DYING is the byte's sign
    ; ==== COMMIT: nothing below can bail out ====
    SYSRET_TO_USER
    ; Changed: nothing. At exit: rax the type, rcx rip, r11 the fixed flags, all else as on entry.
.bail:
    mov eax, SYS_CAP_IDENTIFY
    jmp syscall_slow
