/* Port I/O and the processor's special registers. Only arch/x86 and boot/ include this. */
#pragma once
#include "lib/compiler.h"

static inline void port_write8(u16 port, u8 value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline void port_write32(u16 port, u32 value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}
static inline u8 port_read8(u16 port)
{
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline u32 port_read32(u16 port)
{
    u32 value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#define CR0_TS         0x00000008u
#define CR4_PGE        0x00000080u
#define CR4_OSFXSR     0x00000200u
#define CR4_OSXMMEXCPT 0x00000400u

static inline u32 cr0_read(void)
{
    u32 v;
    __asm__ volatile("movl %%cr0, %0" : "=r"(v));
    return v;
}
static inline void cr0_write(u32 v)
{
    __asm__ volatile("movl %0, %%cr0" ::"r"(v) : "memory");
}
static inline u32 cr2_read(void)
{
    u32 v;
    __asm__ volatile("movl %%cr2, %0" : "=r"(v));
    return v;
}
static inline void cr2_write(u32 v)
{
    __asm__ volatile("movl %0, %%cr2" ::"r"(v) : "memory");
}
static inline u32 cr3_read(void)
{
    u32 v;
    __asm__ volatile("movl %%cr3, %0" : "=r"(v)::"memory");
    return v;
}
static inline void cr3_write(u32 v)
{
    __asm__ volatile("movl %0, %%cr3" ::"r"(v) : "memory");
}
static inline u32 cr4_read(void)
{
    u32 v;
    __asm__ volatile("movl %%cr4, %0" : "=r"(v));
    return v;
}
static inline void cr4_write(u32 v)
{
    __asm__ volatile("movl %0, %%cr4" ::"r"(v) : "memory");
}

struct cpuid_result {
    u32 eax, ebx, ecx, edx;
};
static inline struct cpuid_result cpuid(u32 leaf)
{
    struct cpuid_result r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}
