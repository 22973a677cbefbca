/* The boot words of broken.h. */
#include "arch/sim/broken.h"
#include "diag/bootwords.h"

unsigned sim_broken, sim_blind, sim_planted;
BOOT_CHOICE(simbreak, "explorer: a mistake of the simulated machine", &sim_broken, "nothing", "invlpg",
            "range", "cr3", "no-tlb", "no-pde-cache", "pde-flush", "accessed", "dirty", "read-only");
BOOT_CHOICE(simblind, "explorer: an oracle that sees nothing", &sim_blind, "nothing", "frames", "rights",
            "deadlock");
BOOT_CHOICE(simplant, "explorer: what the oracles' own tests do wrong", &sim_planted, "nothing",
            "freed-frame", "freed-table", "rights", "sleeper", "no-early-tick", "disk-in-order", "plain-race",
            "half-marked-race", "ipi-at-once");
