/* The spinlocks that each CPU holds, as lines of its paragraph in a dump (diag/panic.h). */
#include "diag/panic.h"
#include "sync/held.h"

/* Another CPU may take and release meanwhile: a line may be stale, but held_print() follows no pointer of a
 * lock. */
static void print_spins_held(u32 cpu)
{
    held_print(&per_cpu(spins_held, cpu));
}

void held_dump_init(void)
{
    static struct dump_section section = {.title = "locks held", .print_cpu = print_spins_held};
    dump_register(&section);
}
