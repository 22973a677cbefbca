/*
 * RSDP -> RSDT -> MADT. Source: ACPI Specification 6.4, 5.2.5 to 5.2.12. The tables lie anywhere in physical
 * memory, so each is seen through a small window of the fixed area; sizes and checksums are checked before
 * use.
 */
#include "arch/x86/acpi.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/paging.h"
#include "diag/printk.h"
#include "lib/string.h"

#define LAPIC_DEFAULT 0xFEE00000u
#define TABLES_MAX    64

struct packed rsdp {
    char signature[8];
    u8 checksum;
    char oem[6];
    u8 revision;
    u32 rsdt;
};
struct packed table {
    char signature[4];
    u32 length;
    u8 revision, checksum;
    char oem[6], oem_table[8];
    u32 oem_revision, creator, creator_revision;
};
struct packed madt {
    struct table table;
    u32 lapic, flags;
    u8 entries[];
};
enum madt_type { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2 };
struct packed madt_entry {
    u8 type, length;
    union {
        struct packed {
            u8 processor, apic_id;
            u32 flags;
        } lapic;
        struct packed {
            u8 id, reserved;
            u32 address, first_input;
        } ioapic;
        struct packed {
            u8 bus, line;
            u32 input;
            u16 flags;
        } override;
    };
};
static_assert(sizeof(struct table) == 36 && sizeof(struct rsdp) == 20, "ACPI layouts");
#define CPU_ENABLED 1u

struct acpi_machine acpi_machine = {.lapic = LAPIC_DEFAULT};

static init_text bool sum_is_zero(const void *p, u32 bytes)
{
    u8 sum = 0;

    for (u32 i = 0; i < bytes; i++)
        sum = (u8)(sum + ((const u8 *)p)[i]);
    return sum == 0;
}

/* The whole table, checked, or NULL. It is visible until the next call. */
static init_text const struct table *table_map(paddr_t pa)
{
    const struct table *table = fixed_map_table(pa, sizeof *table);

    if (!table || table->length < sizeof *table)
        return NULL;
    table = fixed_map_table(pa, table->length);
    return table && sum_is_zero(table, table->length) ? table : NULL;
}

static init_text void read_entry(const struct madt_entry *e)
{
    struct acpi_machine *m = &acpi_machine;

    switch (e->type) {
    case MADT_LAPIC:
        if ((e->lapic.flags & CPU_ENABLED) && m->cpus_n < ACPI_CPUS_MAX)
            m->apic_ids[m->cpus_n++] = e->lapic.apic_id;
        break;
    case MADT_IOAPIC:
        if (m->ioapic == 0) {
            m->ioapic = e->ioapic.address;
            m->ioapic_first_input = e->ioapic.first_input;
        }
        break;
    case MADT_OVERRIDE:
        ioapic_override(e->override.line, e->override.input, e->override.flags);
        break;
    }
}

static init_text void read_madt(const struct madt *madt)
{
    const u8 *at = madt->entries, *end = (const u8 *)madt + madt->table.length;

    acpi_machine.lapic = madt->lapic;
    while (at + 2 <= end) {
        const struct madt_entry *e = (const struct madt_entry *)at;
        if (e->length < 2 || at + e->length > end)
            break;
        read_entry(e);
        at += e->length;
    }
}

/* Mapping a table hides the RSDT, so its pointers are copied first. */
static init_text bool find_madt(paddr_t rsdt_at)
{
    const struct table *rsdt = table_map(rsdt_at);
    u32 tables[TABLES_MAX];

    if (!rsdt)
        return false;
    u32 n = MIN((rsdt->length - (u32)sizeof *rsdt) / 4, (u32)TABLES_MAX);
    memcpy(tables, rsdt + 1, n * 4);
    for (u32 i = 0; i < n; i++) {
        const struct table *table = table_map(tables[i]);
        if (table && memcmp(table->signature, "APIC", 4) == 0) {
            read_madt((const struct madt *)table);
            return true;
        }
    }
    return false;
}

init_text void acpi_parse(const void *copy, u32 bytes)
{
    const struct rsdp *rsdp = copy;

    if (bytes < sizeof *rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 ||
        !sum_is_zero(rsdp, sizeof *rsdp) || !find_madt(rsdp->rsdt))
        printk("no ACPI processor table: this machine is taken for one with one CPU\n");
}
