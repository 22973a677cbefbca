; Where an application processor starts: real mode, CS:IP = (AP_TRAMPOLINE >> 4):0 (SDM vol. 3A, 9.4.4.1).
; smp.c copies this to physical AP_TRAMPOLINE and fills in the mailbox at its end (arch/x86/ap_start.h).

%include "offsets.inc"

CR0_PE          equ 0x00000001
CR0_PG_WP       equ 0x80010000
CR0_CACHE_OFF   equ 0x60000000
CR4_PSE_PGE     equ 0x00000090
CODE32          equ 0x08
DATA32          equ 0x10

%define HERE(label) (AP_TRAMPOLINE + (label) - ap_trampoline)

global ap_trampoline, ap_trampoline_mailbox, ap_trampoline_end

section .init.data progbits alloc noexec write align=16

bits 16
; in: nothing. out: never returns; enters mailbox.entry(0) on the mailbox's stack. Interrupts: off.
ap_trampoline:
    cli
    mov ax, cs
    mov ds, ax
    lgdt [gdt_pointer - ap_trampoline]
    mov eax, cr0
    or eax, CR0_PE
    mov cr0, eax
    jmp dword CODE32:HERE(protected)

bits 32
protected:
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov ss, ax
    xor eax, eax
    xchg eax, [HERE(ap_trampoline_mailbox) + AP_STACK]
    test eax, eax
    jz too_late
    mov ebx, eax
    mov eax, cr4
    or eax, CR4_PSE_PGE
    mov cr4, eax
    mov eax, [HERE(ap_trampoline_mailbox) + AP_ROOT]
    mov cr3, eax
    mov eax, cr0
    and eax, ~CR0_CACHE_OFF
    or eax, CR0_PG_WP
    mov cr0, eax
    mov esp, ebx
    xor ebp, ebp
    mov eax, [HERE(ap_trampoline_mailbox) + AP_ENTRY]
    push ebp                            ; no return address: a backtrace ends here
    jmp eax
too_late:
    hlt
    jmp too_late

    align 8
gdt:
    dq 0
    dq 0x00CF9A000000FFFF               ; flat code
    dq 0x00CF92000000FFFF               ; flat data
gdt_pointer:
    dw gdt_pointer - gdt - 1
    dd HERE(gdt)

    align 8
ap_trampoline_mailbox:
    dd 0, 0, 0
ap_trampoline_end:
