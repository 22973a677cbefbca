/*
 * What only boot, the idle loop, leak checks and tests ask of the frame allocator; everybody else:
 * mm/frame/page.h.
 */
#pragma once
#include "mm/frame/page.h"

/* Sends every frame that any CPU has cached, and the stock of zeroed ones, back to the zones. No spinlock
 * held; waits for the other CPUs. */
void frames_drain_caches(void);
/* Zeroes a batch of frames for the stock. False: the stock is full or memory is short, and the idle CPU may
 * sleep. */
bool frames_zero_some(void);
/* A frame in use becomes the kernel's for good: it leaves the count of memory, as the kernel image does. */
void page_reserve(struct page *page);
/* The reverse, with one reference left to put: a frame of the kernel image that is no longer needed. */
void page_unreserve(struct page *page);
/* Frames of slabs and of the kernel window are counted apart from those of their users. Whoever moves a frame
 * between the two counts (allocates one and adds it there, or the reverse) says when he begins and when both
 * are right again; frames_users() waits for that. Any context; the product counts nothing. */
#ifdef FL_TEST
void frames_move_begin(void);
void frames_move_end(void);
/* Frames in use that belong neither to a slab nor to the window, exact while only such moves go on. Sleeps.
 */
u32 frames_users(void);
#else
#define frames_move_begin() ((void)0)
#define frames_move_end()   ((void)0)
#endif
