/* PTE and PDE bits: Intel SDM vol. 3A, table 4-5 and 4-6. Shared by both architectures, since the explorer's
 * MMU is an x86 one. */
#pragma once
#include "arch/atomic.h"

#define PTE_P   0x001u
#define PTE_W   0x002u
#define PTE_U   0x004u
#define PTE_PWT 0x008u
#define PTE_PCD 0x010u
#define PTE_A   0x020u
#define PTE_D   0x040u
#define PDE_PS  0x080u /* in a PDE: 4 MiB page */
#define PTE_G   0x100u

/* Software entries: bit 0 clear, type in bits 1-3, payload in bits 8-31. Type 0 with payload 0 is the empty
 * entry. */
static inline pte_t pte_make(pfn_t pfn, unsigned prot)
{
    u32 v = (pfn << 12) | PTE_P;
    v |= (prot & PROT_PTE_WRITE) ? PTE_W : 0;
    v |= (prot & PROT_PTE_USER) ? PTE_U : 0;
    v |= (prot & PROT_PTE_GLOBAL) ? PTE_G : 0;
    v |= (prot & PROT_PTE_NOCACHE) ? PTE_PCD | PTE_PWT : 0;
    v |= (prot & PROT_PTE_DIRTY) ? PTE_A | PTE_D : 0;
    return (pte_t){v};
}
static inline pte_t pte_software(unsigned type, u32 payload)
{
    return (pte_t){(payload << 8) | (type << 1)};
}
static inline bool pte_empty(pte_t e)
{
    return e.v == 0;
}
static inline bool ptes_empty(pte_t a, pte_t b)
{
    return (a.v | b.v) == 0;
}
static inline bool pte_present(pte_t e)
{
    return e.v & PTE_P;
}
static inline bool pte_writable(pte_t e)
{
    return e.v & PTE_W;
}
static inline bool pte_dirty(pte_t e)
{
    return e.v & PTE_D;
}
static inline bool pte_young(pte_t e)
{
    return e.v & PTE_A;
}
static inline bool pte_user(pte_t e)
{
    return e.v & PTE_U;
}
static inline bool pte_large(pde_t e)
{
    return e.v & PDE_PS;
}
static inline bool pte_same(pte_t a, pte_t b)
{
    return a.v == b.v;
}
static inline pfn_t pte_pfn(pte_t e)
{
    return e.v >> 12;
}
static inline unsigned pte_software_type(pte_t e)
{
    return (e.v >> 1) & 7;
}
static inline u32 pte_software_payload(pte_t e)
{
    return e.v >> 8;
}
static inline pte_t pte_without_write(pte_t e)
{
    return (pte_t){e.v & ~PTE_W};
}
static inline pte_t pte_with_write(pte_t e)
{
    return (pte_t){e.v | PTE_W | PTE_D | PTE_A};
}
static inline pte_t pte_clean(pte_t e)
{
    return (pte_t){e.v & ~PTE_D};
}
static inline pte_t pte_old(pte_t e)
{
    return (pte_t){e.v & ~PTE_A};
}
