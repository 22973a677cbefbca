/* See checkpoint.h. Built without hooks: nothing here is part of the run. */
#include "arch/sim/checkpoint.h"
#include "arch/sim/memory.h"
#include "arch/sim/undo.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
    struct sim_fiber *fiber;
    u32 esp, bytes;
};

static char *images;
static u32 used, room;

static void reserve(u32 bytes)
{
    if (used + bytes <= room)
        return;
    room = 2 * (used + bytes);
    images = realloc(images, room);
    if (!images) {
        perror("copies of stacks");
        exit(2);
    }
}

static void copy_stack(struct sim_fiber *fiber)
{
    struct image image = {fiber, fiber->esp, (u32)(uintptr_t)(fiber->stack + fiber->size) - fiber->esp};

    reserve(sizeof(image) + image.bytes);
    memcpy(images + used, &image, sizeof(image));
    memcpy(images + used + sizeof(image), (void *)(uintptr_t)image.esp, image.bytes);
    used += (u32)sizeof(image) + image.bytes;
}

void checkpoint_take(struct checkpoint *c)
{
    c->words = undo_position();
    c->steps = run->steps;
    c->log_bytes = run->log_bytes;
    c->order = sim_order;
    c->machine = sim_machine;
    c->cpu_now = sim_cpu_now;
    memcpy(c->locals, sim_locals, sizeof(c->locals));
    memcpy(c->irqs_on, sim_irqs_on, sizeof(c->irqs_on));
    c->images = used;
    for (struct sim_fiber *f = fiber_next(NULL); f; f = fiber_next(f))
        copy_stack(f);
    c->images_end = used;
}

void checkpoint_return_to(const struct checkpoint *c)
{
    struct image image;

    undo_rewind(c->words);
    for (u32 at = c->images; at < c->images_end; at += sizeof(image) + image.bytes) {
        memcpy(&image, images + at, sizeof(image));
        image.fiber->esp = image.esp;
        memcpy((void *)(uintptr_t)image.esp, images + at + sizeof(image), image.bytes);
    }
    used = c->images_end;
    sim_order = c->order;
    sim_machine = c->machine;
    sim_cpu_now = c->cpu_now;
    memcpy(sim_locals, c->locals, sizeof(c->locals));
    memcpy(sim_irqs_on, c->irqs_on, sizeof(c->irqs_on));
    run->steps = c->steps;
    run->log_bytes = c->log_bytes;
    memory_host_sync();
}
