; Changing stacks, and the first steps of a new task.

%include "offsets.inc"

extern task_first_run, task_exit, trap_return
global context_switch_stacks, first_run_kernel, first_run_user

section .text

; struct task *context_switch_stacks(struct task *from, struct task *to)
; in: two tasks on the stack. out: EAX = the task that ran before (`from`, seen from the new stack).
; Clobbers ECX, EDX; EBX, ESI, EDI, EBP are the new task's own. Interrupts: off, and stay off.
    align 16
context_switch_stacks:
    mov eax, [esp + 4]
    mov edx, [esp + 8]
    push ebp
    push ebx
    push esi
    push edi
    mov [eax + TASK_ESP], esp
    mov esp, [edx + TASK_ESP]
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

; A new kernel task: context.c put its function into EBX and the argument into ESI.
    align 16
first_run_kernel:
    push eax
    call task_first_run
    add esp, 4
    sti
    push esi
    call ebx
    call task_exit

; A new user task: its frame lies above.
    align 16
first_run_user:
    push eax
    call task_first_run
    add esp, 4
    jmp trap_return
