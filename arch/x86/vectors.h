/* Interrupt vectors and segment selectors. C and NASM both use them: offsets.c hands them on. */
#pragma once

/* Selectors as Linux/i386 programs know them: CS 0x73, DS 0x7b, TLS 0x33 0x3b 0x43. */
#define GDT_TLS          6
#define GDT_KERNEL_CS    12
#define GDT_KERNEL_DS    13
#define GDT_USER_CS      14
#define GDT_USER_DS      15
#define GDT_TSS          16
#define GDT_CPU          27
#define GDT_FAULT_TSS    31
#define GDT_ENTRIES      32
#define SELECTOR(i, dpl) ((i)*8 + (dpl))
#define KERNEL_CS        SELECTOR(GDT_KERNEL_CS, 0)
#define KERNEL_DS        SELECTOR(GDT_KERNEL_DS, 0)
#define USER_CS          SELECTOR(GDT_USER_CS, 3)
#define USER_DS          SELECTOR(GDT_USER_DS, 3)
#define CPU_SELECTOR     SELECTOR(GDT_CPU, 0)

/* Exceptions: SDM vol. 3A, table 6-1. */
#define TRAP_DEBUG      1
#define TRAP_NMI        2
#define TRAP_BREAKPOINT 3
#define TRAP_OVERFLOW   4
#define TRAP_NO_FPU     7
#define TRAP_DOUBLE     8
#define TRAP_PROTECTION 13
#define TRAP_PAGE_FAULT 14
#define TRAP_MACHINE    18
#define EXCEPTIONS      32

#define VECTOR_PIC         0x20 /* where the masked 8259s would deliver: 16 vectors */
#define VECTOR_DEVICE      0x40 /* I/O APIC line n: VECTOR_DEVICE + n */
#define DEVICE_LINES       24
#define VECTOR_MESSAGE     0x60 /* what devices send by themselves (arch/message.h): up to the end */
#define VECTOR_MESSAGE_END 0x80
#define VECTOR_SYSCALL     0x80
#define VECTOR_TIMER       0xEF
#define VECTOR_CROSSCALL   0xFC
#define VECTOR_RESCHED     0xFD
#define VECTOR_ERROR       0xFE
#define VECTOR_SPURIOUS    0xFF
