/* Bounds of the linked image (boot/kernel.ld): virtual addresses in the kernel window. */
#pragma once
#include "arch/memmap.h"

extern char __image_start[], __image_end[];
extern char __text_start[], __text_end[]; /* code, read-only */
extern char __init_start[], __init_end[]; /* freed after boot */
extern char __data_start[], __data_end[], __bss_start[], __bss_end[];
extern char __rodata_start[], __rodata_end[]; /* constants, boot words, tests, fix-ups, symbols; read-only */

/* The image is loaded at physical = virtual - KWINDOW_BASE. */
static inline paddr_t image_phys(const void *p)
{
    return (paddr_t)(uintptr_t)p - KWINDOW_BASE;
}
