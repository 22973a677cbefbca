/* The machine needs no choice points: any instruction may be followed by another CPU's. */
#pragma once
#define choice_point(addr)      ((void)0)
#define choice_point_read(addr) ((void)0)
