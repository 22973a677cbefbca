/*
 * What the test image knows of each object: a red zone behind it, whether it is in use, and who allocated it.
 * An overrun, a second free, and a write after the free are found at the next free or allocation. mm/slab*.c
 * only.
 */
#pragma once
#include "mm/kernel/slab_private.h"

#ifdef FL_TEST
#define SLAB_TRAILER 16u
void slab_debug_new(struct slab_internal *in, void *object);
void slab_debug_alloc(struct slab_internal *in, void *object, vaddr_t ip);
void slab_debug_free(struct slab_internal *in, void *object);
#else
#define SLAB_TRAILER                     0u
#define slab_debug_new(in, object)       ((void)0)
#define slab_debug_alloc(in, object, ip) ((void)(ip))
#define slab_debug_free(in, object)      ((void)0)
#endif
