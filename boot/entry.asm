; The first instructions: GRUB -> protected mode without paging -> the kernel window.
;
; GRUB leaves us (Multiboot2 specification, 3.2) in 32-bit protected mode, paging and interrupts off, flat segments,
; EAX = magic, EBX = physical address of the boot information. Everything in .boot runs where it was loaded.

%include "offsets.inc"

MB2_MAGIC       equ 0xE85250D6
MB2_ARCH_I386   equ 0
CPUID_PSE       equ 1 << 3
CPUID_PGE       equ 1 << 13
CR0_PG_WP       equ 0x80010000
CR4_PSE_PGE     equ 0x00000090
PTE_PRESENT_W   equ 3
PTE_GLOBAL      equ 0x100
PDE_DIRECT      equ 0x1E3               ; present, writable, A and D set, 4 MiB, global: nothing is left to the walker
PDE_IDENTITY    equ 0x083               ; present, writable, 4 MiB; not global: it goes away
COM1            equ 0x3F8
DEBUG_EXIT      equ 0xF4

extern boot_directory, window_tables, boot_stack, kmain, __image_end

; Where a symbol of the kernel window lies in memory: PHYS_OFFSET is -KWINDOW_BASE.
%define PHYS(symbol) ((symbol) + PHYS_OFFSET)

section .boot.header progbits alloc noexec nowrite align=8
header:
    dd MB2_MAGIC, MB2_ARCH_I386, header_end - header
    dd -(MB2_MAGIC + MB2_ARCH_I386 + (header_end - header))
    align 8
    dw 6, 0                             ; tag: modules aligned to pages
    dd 8
    align 8
    dw 0, 0                             ; end of tags
    dd 8
header_end:

section .boot progbits alloc exec nowrite align=16
global boot_entry

; in: EAX magic, EBX boot information. out: never returns. Stack: none until paging is on. Interrupts: off.
boot_entry:
    cli
    cld
    mov esi, eax
    mov ebp, ebx
    mov eax, 1
    cpuid
    and edx, CPUID_PSE | CPUID_PGE
    cmp edx, CPUID_PSE | CPUID_PGE
    jne no_large_pages

    ; The direct map: 192 PDEs of 4 MiB. The first of them also stands at address 0 for the instructions that follow
    ; the one that turns paging on.
    mov edi, PHYS(boot_directory)
    mov dword [edi], PDE_IDENTITY
    mov eax, PDE_DIRECT
    mov ecx, DIRECT_PDE
.direct:
    mov [edi + ecx * 4], eax
    add eax, 1 << 22
    inc ecx
    cmp ecx, KWINDOW_PDE
    jne .direct

    ; The kernel window and the fixed area: one page table for each PDE, for ever. The mirror: the directory itself.
    mov eax, PHYS(window_tables) + PTE_PRESENT_W
.window:
    mov [edi + ecx * 4], eax
    add eax, 4096
    inc ecx
    cmp ecx, FOREIGN_PDE
    jne .window
    lea eax, [edi + PTE_PRESENT_W]
    mov [edi + MIRROR_PDE * 4], eax

    ; The image, page by page: PTE n of the window's tables maps KWINDOW_BASE + n * 4096.
    mov ebx, PHYS(window_tables)
    mov ecx, 0x100
    mov edx, PHYS(__image_end)
    shr edx, 12
.image:
    mov eax, ecx
    shl eax, 12
    or eax, PTE_PRESENT_W | PTE_GLOBAL
    mov [ebx + ecx * 4], eax
    inc ecx
    cmp ecx, edx
    jb .image

    mov eax, cr4
    or eax, CR4_PSE_PGE
    mov cr4, eax
    mov cr3, edi
    mov eax, cr0
    or eax, CR0_PG_WP
    mov cr0, eax                        ; SDM vol. 3A, 4.1.2: the next instruction is fetched through the identity map
    mov eax, in_window
    jmp eax

; No console yet and no way on: the sentence goes to the serial port as it is.
no_large_pages:
    mov esi, .text
    mov edx, COM1
.next:
    lodsb
    out dx, al
    test al, al
    jnz .next
    mov edx, DEBUG_EXIT
    mov eax, 1
    out dx, eax                         ; under QEMU: a failing status
.stop:
    hlt
    jmp .stop
.text:
    db "Faultline needs a processor with 4 MiB and global pages (PSE, PGE).", 13, 10, 0

section .text
; in: ESI magic, EBP boot information; paging is on. Becomes kmain(magic, information) on the boot stack.
in_window:
    mov esp, boot_stack + BOOT_STACK_END
    mov eax, ebp
    xor ebp, ebp                        ; a backtrace ends here
    push eax
    push esi
    push ebp                            ; kmain's return address: none
    jmp kmain
