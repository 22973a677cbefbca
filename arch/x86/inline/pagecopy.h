/* REP STOSD and REP MOVSD: SDM vol. 2, and vol. 1, 7.3.9.3 on fast strings. DF is clear in all kernel code
 * (i386 ABI). */
#pragma once

static inline void page_clear_words(void *page)
{
    u32 words = PAGE_SIZE / 4;
    __asm__ volatile("rep stosl" : "+D"(page), "+c"(words) : "a"(0) : "memory");
}
static inline void page_copy_words(void *to, const void *from)
{
    u32 words = PAGE_SIZE / 4;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words)::"memory");
}
