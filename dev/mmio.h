/* Registers that a device shows as memory: one access each, of the width that the device demands, in the
 * order of the program (the window is mapped uncached: SDM vol. 3A, 12.3). */
#pragma once
#include "lib/compiler.h"

static inline u32 mmio_read32(const volatile void *at)
{
    return *(const volatile u32 *)at;
}
static inline void mmio_write32(volatile void *at, u32 value)
{
    *(volatile u32 *)at = value;
}
static inline void mmio_write16(volatile void *at, u16 value)
{
    *(volatile u16 *)at = value;
}
