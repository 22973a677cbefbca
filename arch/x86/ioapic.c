/* The I/O APIC. All inputs stay masked until somebody routes one. */
#include "arch/x86/ioapic.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/paging.h"
#include "diag/printk.h"

#define REG_SELECT      0
#define REG_WINDOW      4 /* in words */
#define REDIRECTION(i)  (0x10 + 2 * (i))
#define REDIRECT_MASKED 0x10000u
#define REDIRECT_LOW    0x2000u /* active low */
#define REDIRECT_LEVEL  0x8000u
#define ISA_LINES       16u

/* MADT flags: ACPI 6.4, table 5.10 */
#define FLAG_POLARITY(f) ((f)&3u)
#define FLAG_TRIGGER(f)  (((f) >> 2) & 3u)
#define FLAG_SECOND      3u /* active low, level */

static volatile u32 *registers;
static u32 first;
static struct {
    u32 input, flags;
} overrides[ISA_LINES] = {
    {0, 0}, {1, 0}, {2, 0},  {3, 0},  {4, 0},  {5, 0},  {6, 0},  {7, 0},
    {8, 0}, {9, 0}, {10, 0}, {11, 0}, {12, 0}, {13, 0}, {14, 0}, {15, 0},
};

static void reg_write(u32 reg, u32 value)
{
    registers[REG_SELECT] = reg;
    registers[REG_WINDOW] = value;
}

init_text void ioapic_map(paddr_t base, u32 first_input)
{
    registers = fixed_map_device(FIXED_IOAPIC, base);
    first = first_input;
    for (u32 i = 0; i < IRQ_LINES; i++)
        reg_write(REDIRECTION(i), REDIRECT_MASKED);
}

init_text void ioapic_override(u32 line, u32 input, u32 flags)
{
    if (line >= ISA_LINES)
        return;
    overrides[line].input = input;
    overrides[line].flags = flags;
}

u32 ioapic_input_of(u32 line)
{
    return line < ISA_LINES ? overrides[line].input : line;
}

void ioapic_unmask(u32 line, u32 vector)
{
    u32 flags = line < ISA_LINES ? overrides[line].flags : 0;
    u32 input = ioapic_input_of(line) - first;
    u32 low = vector;

    if (!registers) {
        printk("no I/O APIC: interrupts of line %u do not arrive\n", line);
        return;
    }
    low |= FLAG_POLARITY(flags) == FLAG_SECOND ? REDIRECT_LOW : 0;
    low |= FLAG_TRIGGER(flags) == FLAG_SECOND ? REDIRECT_LEVEL : 0;
    reg_write(REDIRECTION(input) + 1, cpu_blocks[0]->apic_id << 24);
    reg_write(REDIRECTION(input), low);
}
