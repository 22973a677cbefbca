/* The local APIC: interprocessor interrupts and the tick. Registers: SDM vol. 3A, table 11-1. */
#include "arch/x86/lapic.h"
#include "arch/clock.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/paging.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/panic.h"

#define REG_ID            0x020
#define REG_PRIORITY      0x080
#define REG_EOI           0x0B0
#define REG_SPURIOUS      0x0F0
#define REG_ERROR_STATUS  0x280
#define REG_COMMAND       0x300
#define REG_DESTINATION   0x310
#define REG_TIMER         0x320
#define REG_LINT0         0x350
#define REG_LINT1         0x360
#define REG_ERROR         0x370
#define REG_TIMER_INITIAL 0x380
#define REG_TIMER_COUNT   0x390
#define REG_TIMER_DIVIDE  0x3E0

#define SOFTWARE_ENABLE 0x100u
#define LVT_MASKED      0x10000u
#define LVT_PERIODIC    0x20000u
#define DELIVER_NMI     0x400u
#define DELIVER_INIT    0x500u
#define DELIVER_STARTUP 0x600u
#define COMMAND_BUSY    0x1000u
#define COMMAND_ASSERT  0x4000u
#define DIVIDE_BY_16    0x3u
#define COMMAND_POLLS   1000000

static volatile u32 *registers;
static u32 timer_count; /* per tick, of the clock divided by 16 */

static u32 reg_read(u32 reg)
{
    return registers[reg / 4];
}
static void reg_write(u32 reg, u32 value)
{
    registers[reg / 4] = value;
}

/* The 8259s are moved away from the exceptions' vectors and masked: a spurious interrupt of theirs must not
 * look like a fault. */
static init_text void pic_mask(void)
{
    static const u16 ports[2] = {0x20, 0xA0};

    for (int i = 0; i < 2; i++) {
        port_write8(ports[i], 0x11);
        port_write8(ports[i] + 1, 0x20 + 8 * i);
        port_write8(ports[i] + 1, i ? 2 : 4);
        port_write8(ports[i] + 1, 0x01);
        port_write8(ports[i] + 1, 0xFF);
    }
}

init_text void lapic_map(paddr_t base)
{
    registers = fixed_map_device(FIXED_LAPIC, base);
    pic_mask();
}

void lapic_init_cpu(void)
{
    reg_write(REG_SPURIOUS, SOFTWARE_ENABLE | VECTOR_SPURIOUS);
    reg_write(REG_TIMER, LVT_MASKED);
    reg_write(REG_LINT0, LVT_MASKED);
    reg_write(REG_LINT1, DELIVER_NMI); /* the host's watchdog asks a stuck kernel for a dump this way */
    reg_write(REG_ERROR, VECTOR_ERROR);
    reg_write(REG_PRIORITY, 0);
    reg_write(REG_EOI, 0);
}

u32 lapic_id(void)
{
    return reg_read(REG_ID) >> 24;
}
void lapic_eoi(void)
{
    reg_write(REG_EOI, 0);
}

u32 lapic_error_status(void)
{
    reg_write(REG_ERROR_STATUS, 0); /* latches */
    return reg_read(REG_ERROR_STATUS);
}

/* Two registers make one command: an interrupt between them could send one of its own. NMIs send none. */
static void send(u32 apic_id, u32 command)
{
    irqflags_t flags = irq_save();

    for (int i = 0; i < COMMAND_POLLS && (reg_read(REG_COMMAND) & COMMAND_BUSY); i++)
        cpu_relax();
    reg_write(REG_DESTINATION, apic_id << 24);
    reg_write(REG_COMMAND, command);
    irq_restore(flags);
}

void cpu_send_ipi(u32 cpu, enum ipi ipi)
{
    assert(cpu < MAX_CPUS && cpu_blocks[cpu]);
    send(cpu_blocks[cpu]->apic_id, COMMAND_ASSERT | (ipi == IPI_RESCHED ? VECTOR_RESCHED : VECTOR_CROSSCALL));
}

void lapic_send_init(u32 apic_id)
{
    send(apic_id, COMMAND_ASSERT | DELIVER_INIT);
}

void lapic_send_startup(u32 apic_id, paddr_t entry)
{
    assert(entry % PAGE_SIZE == 0 && entry < 0x100000u);
    send(apic_id, COMMAND_ASSERT | DELIVER_STARTUP | (entry >> PAGE_SHIFT));
}

void lapic_send_nmi(u32 apic_id)
{
    send(apic_id, COMMAND_ASSERT | DELIVER_NMI);
}

/* What both counters say at one moment. */
struct moment {
    u32 count;
    u64 cycles;
};

/* The closest of a few readings: between the two a host may take the processor away for longer than the whole
 * window. */
static init_text struct moment sample_moment(void)
{
    struct moment best = {0, 0};
    u64 least = ~0ull;
    for (int i = 0; i < 5; i++) {
        u64 before = cpu_cycles();
        u32 count = reg_read(REG_TIMER_COUNT);
        u64 after = cpu_cycles();
        if (after - before < least) {
            least = after - before;
            best = (struct moment){count, before};
        }
    }
    return best;
}

init_text void lapic_timer_calibrate(void)
{
    u64 window = clock_cycles_per_sec() / 100;

    reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_16);
    reg_write(REG_TIMER_INITIAL, ~0u);
    struct moment first = sample_moment();
    while (cpu_cycles() - first.cycles < window)
        cpu_relax();
    struct moment last = sample_moment();
    reg_write(REG_TIMER_INITIAL, 0);

    timer_count = (u32)((u64)(first.count - last.count) * (clock_cycles_per_sec() / TICK_HZ) /
                        (last.cycles - first.cycles));
    if (timer_count == 0)
        panic("the local APIC's timer does not count");
}

init_text void lapic_timer_rest(void)
{
    reg_write(REG_TIMER, VECTOR_RESCHED); /* once; a vector that means nothing yet */
    reg_write(REG_TIMER_INITIAL, timer_count);
    cpu_wait_for_interrupt();
    irq_disable();
    reg_write(REG_TIMER, LVT_MASKED);
}

void lapic_timer_start(void)
{
    reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_16);
    reg_write(REG_TIMER, LVT_PERIODIC | VECTOR_TIMER);
    reg_write(REG_TIMER_INITIAL, timer_count);
}

void lapic_timer_stop(void)
{
    reg_write(REG_TIMER, LVT_MASKED);
}
