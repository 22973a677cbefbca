/*
 * Choice points: places where the explorer may let another CPU run. On the machine they are nothing, since
 * there any instruction is one. Atomics, lock operations, PTE accesses, race points and user accesses call
 * it.
 */
#pragma once
#include <inline/choice.h> /* arch/x86/inline or arch/sim/inline: choice_point(addr) before a write,
                              choice_point_read(addr) before a read */
