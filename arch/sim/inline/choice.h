/* In the explorer a choice point is a call: the strategy may let another virtual CPU run before the access to
 * `addr`. */
#pragma once

void sim_choice(const volatile void *addr);
void sim_choice_read(const volatile void *addr);
#define choice_point(addr)      sim_choice(addr)
#define choice_point_read(addr) sim_choice_read(addr)
