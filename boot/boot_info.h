/* What GRUB told us, reduced to what the kernel asks. Filled once, read during boot only. */
#pragma once
#include "mm/frame/page.h"

#define BOOT_RANGES_MAX  32
#define BOOT_MODULES_MAX 4
#define BOOT_LINE_MAX    2560
#define BOOT_RSDP_MAX    64

struct boot_module {
    paddr_t start;
    u32 bytes;
};
struct boot_info {
    char command_line[BOOT_LINE_MAX];
    struct boot_range usable[BOOT_RANGES_MAX]; /* RAM below 4 GiB, in the order of the firmware's map */
    u32 usable_n;
    struct boot_range reserved[BOOT_MODULES_MAX + 8]; /* what of it is taken already */
    u32 reserved_n;
    struct boot_module modules[BOOT_MODULES_MAX];
    u32 modules_n;
    u8 rsdp[BOOT_RSDP_MAX]; /* copy of the ACPI root pointer */
    u32 rsdp_bytes;         /* 0: there is none */
};

/* Reads the Multiboot2 information at `information`. Refuses the boot when it is not Multiboot2 or lacks a
 * memory map. Nothing of GRUB's memory is used afterwards but the modules. */
void boot_info_parse(struct boot_info *info, u32 magic, paddr_t information);

/* Fills in `reserved`: low memory, image, modules; sets aside the trace rings and gives them to trace_init().
 * Refuses the boot when the machine has too little memory. */
void boot_reserve_memory(struct boot_info *info);
