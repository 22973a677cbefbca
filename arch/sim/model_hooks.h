/*
 * For the files that are the simulated machine and not the kernel: what they touch has no CPU that touches
 * it, so it must be undone (undo.h) but is no part of a data race (races.h). Their hooks have other names;
 * the compiler takes them from here (-include).
 */
#pragma once

#define MODEL_HOOKS(size)                                                                                    \
    void __tsan_read##size(void *) __asm__("model_read");                                                    \
    void __tsan_write##size(void *) __asm__("model_write" #size)
MODEL_HOOKS(1);
MODEL_HOOKS(2);
MODEL_HOOKS(4);
MODEL_HOOKS(8);
MODEL_HOOKS(16);
void __tsan_read_range(void *, int) __asm__("model_read");
void __tsan_write_range(void *, int) __asm__("model_write_range");
void *memcpy(void *, const void *, __SIZE_TYPE__) __asm__("model_memcpy");
void *memmove(void *, const void *, __SIZE_TYPE__) __asm__("model_memmove");
void *memset(void *, int, __SIZE_TYPE__) __asm__("model_memset");
