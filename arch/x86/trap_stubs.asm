; The way into the kernel and back: one stub a vector, one frame layout (arch/x86/inline/trap.h), one way out.
;
; Every entry loads the kernel's %fs itself and gives the old one back on the way out, whatever was interrupted. So an
; NMI, which comes between any two instructions, needs no special case: it may find the user's %fs just before a
; stub replaced it, or just after a return path restored it.
;
; The kernel has no use for %gs; it is in the frame so that signals, fork and exec can read and write the user's.

%include "offsets.inc"

extern page_fault_trap, exception_trap, nmi_trap, irq_dispatch
extern syscall_handler, user_return_work, schedule, preempt_from_trap
global trap_stubs, trap_return

; in: the processor's part of the frame, error code and vector are pushed. out: the whole frame at ESP, kernel data
; segments and %fs. Clobbers EAX, which is saved.
%macro SAVE_FRAME 0
    pushad
    push ds
    push es
    push fs
    push gs
    mov eax, USER_DS                    ; flat, and as good in ring 0
    mov ds, eax
    mov es, eax
    mov eax, CPU_SELECTOR
    mov fs, eax
    cld
%endmacro

section .text

; ---- exceptions: SDM vol. 3A, 6.13 says which push an error code ----
%define HAS_ERROR(v) ((v) == 10 || (v) == 11 || (v) == 12 || (v) == 13 || (v) == 17 || (v) == 21 || (v) == 29 || (v) == 30)

%assign vector 0
%rep EXCEPTIONS
    %if vector != TRAP_PAGE_FAULT && vector != TRAP_NMI
    align 16
stub_%+vector:
        %if !HAS_ERROR(vector)
    push dword 0
        %endif
    push dword vector
    jmp exception
    %endif
    %assign vector vector + 1
%endrep

    align 16
exception:
    SAVE_FRAME
    push esp
    call exception_trap
    add esp, 4
    jmp trap_return

; An NMI changes nothing that its victim can see, and never goes through the scheduler.
    align 16
stub_2:
    push dword 0
    push dword TRAP_NMI
    SAVE_FRAME
    push esp
    call nmi_trap
    add esp, 4
    jmp restore_frame

; ---- interrupts ----
%assign vector EXCEPTIONS
%rep 256 - EXCEPTIONS
    %if vector != VECTOR_SYSCALL
    align 8
stub_%+vector:
    push dword 0
    push dword vector
    jmp interrupt
    %endif
    %assign vector vector + 1
%endrep

    align 16
interrupt:
    SAVE_FRAME
    push esp
    call irq_dispatch
    add esp, 4
    jmp trap_return

; ---- INT 0x80. A trap gate: interrupts stay as user mode had them, on ----
    align 16
stub_128:
    push eax                            ; the frame's `error` is the call's number, also after EAX has the result
    push dword VECTOR_SYSCALL
    SAVE_FRAME
    push esp
    call [syscall_handler]
    add esp, 4
    cli
    jmp user_return

; The page fault goes its own short way: the frame's address in EAX, and the way out right behind it. Interrupts are
; off: page_fault_trap reads CR2 first.
    align 16
stub_14:
    push dword TRAP_PAGE_FAULT
    SAVE_FRAME
    mov eax, esp
    call page_fault_trap

; ---- the way out. in: the frame at ESP. Interrupts: turned off here ----
trap_return:
    cli
    test byte [esp + FRAME_CS], 3
    jz kernel_return

; Interrupts stay off from these tests to IRET: what an interrupt asks for later is seen on its own way out.
user_return:
    cmp dword [fs:CPU_NEED_RESCHED], 0
    jne user_resched
    mov eax, [fs:CPU_CURRENT]
    test byte [eax + TASK_FLAGS], TASK_WORK_MASK
    jnz user_work

restore_frame:
restore_gs:
    pop gs
restore_fs:
    pop fs
restore_es:
    pop es
restore_ds:
    pop ds
    popad
    add esp, 8                          ; vector, error
restore_ip:
    iret

user_resched:
    sti
    call schedule
    cli
    jmp user_return

user_work:
    sti
    push esp
    call user_return_work
    add esp, 4
    cli
    jmp user_return

; Preempt kernel code that was interrupted with interrupts on and preemption allowed.
kernel_return:
    cmp dword [fs:CPU_PREEMPT_COUNT], 0
    jne restore_frame
    cmp dword [fs:CPU_NEED_RESCHED], 0
    je restore_frame
    test dword [esp + FRAME_EFLAGS], EFLAGS_IF
    jz restore_frame
    call preempt_from_trap
    jmp restore_frame

; ---- the frame held something that cannot be loaded: a selector whose TLS entry is gone, or sigreturn's ----
; A selector becomes null and is loaded again; a bad CS, SS or EIP is the user's general protection fault.
section .fixup progbits alloc exec nowrite align=16
bad_selector_gs:
    mov dword [esp], 0
    jmp restore_gs
bad_selector_fs:
    mov dword [esp], 0
    jmp restore_fs
bad_selector_es:
    mov dword [esp], 0
    jmp restore_es
bad_selector_ds:
    mov dword [esp], 0
    jmp restore_ds
bad_return:
    push dword 0                        ; on the user's EIP, CS, EFLAGS, ESP, SS: the frame is whole again
    push dword TRAP_PROTECTION
    jmp exception

section .fixup_table progbits alloc noexec nowrite align=4
    dd restore_gs, bad_selector_gs
    dd restore_fs, bad_selector_fs
    dd restore_es, bad_selector_es
    dd restore_ds, bad_selector_ds
    dd restore_ip, bad_return

section .rodata
    align 4
trap_stubs:
%assign vector 0
%rep 256
    dd stub_%+vector
    %assign vector vector + 1
%endrep
