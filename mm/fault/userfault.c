/*
 * Who waits for a page that a program has to provide, and how they are woken.
 *
 * The danger is R57. Between the look that found the page missing and the sleep, all locks are let go; the
 * page may be provided just then, and whoever does it finds nobody to wake. So each answer moves a number
 * under uf->lock:
 *
 *     fault                                      who answers
 *     seen := answers
 *     the page is missing
 *     lets everything go |                       the page is there
 *                                                under uf->lock: answers + 1; wakes who waits for it: nobody
 *     under uf->lock: answers == seen?
 *       no: looks again from the start
 *       yes: queues itself, sleeps
 *
 * The number is read before the look at the page and written after the page is there. If the fault still
 * reads the old number, the lock decides: it comes first, and the answer finds it in the queue; or second,
 * and the number has moved. It is one number for all pages: a fault may look again for an answer that was
 * another's, and nothing is lost by that. 2^32 answers between look and lock would be needed to deceive it.
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/fault/userfault_private.h"
#include "mm/kernel/slab.h"

struct userfault *userfault_create(struct mm *mm, bool user_only)
{
    struct userfault *uf = kmalloc(sizeof *uf, GFP_KERNEL);

    might_sleep();
    if (!uf)
        return NULL;
    memset(uf, 0, sizeof *uf);
    spinlock_init(&uf->lock, "userfault", USERFAULT);
    list_init(&uf->asked);
    list_init(&uf->told);
    waitqueue_init(&uf->readers);
    atomic_set(&uf->refs, 1);
    mm_get(mm);
    uf->mm = mm;
    uf->user_only = user_only;
    return uf;
}

void userfault_raise_sigbus(struct userfault *uf)
{
    WRITE_ONCE(uf->sigbus, true);
}

void userfault_get(struct userfault *uf)
{
    int refs = atomic_inc(&uf->refs);

    assert(refs > 1);
}

void userfault_put(struct userfault *uf)
{
    int refs = atomic_dec(&uf->refs);

    assert(refs >= 0);
    if (refs > 0)
        return;
    assert(list_is_empty(&uf->asked) && list_is_empty(&uf->told));
    mm_put(uf->mm);
    kfree(uf);
}

/* ---- the fault's side ---- */

bool userfault_ask(struct userfault *uf, struct asker *asker, u32 seen_answers)
{
    bool queued;

    asker->answered = false;
    waitqueue_init(&asker->wait);
    spin_lock(&uf->lock);
    queued = uf->answers == seen_answers || mutant(R57);
    if (queued)
        list_push_back(&uf->asked, &asker->link);
    spin_unlock(&uf->lock);
    if (queued)
        wake_all(&uf->readers);
    return queued;
}

void userfault_leave(struct userfault *uf, struct asker *asker)
{
    spin_lock(&uf->lock); /* also when it was answered: whoever did that may not have done with it yet */
    if (!asker->answered)
        list_remove(&asker->link);
    spin_unlock(&uf->lock);
}

/* ---- answers ---- */

static void move_number(struct userfault *uf) must_hold(&uf->lock)
{
    store_release(&uf->answers, uf->answers + 1);
}

void userfault_count_answer(struct userfault *uf)
{
    spin_lock(&uf->lock);
    move_number(uf);
    spin_unlock(&uf->lock);
}

static void answer_those(struct list *askers, vaddr_t start, vaddr_t end)
{
    struct asker *asker, *next;

    list_for_each_safe (asker, next, askers, link) {
        if (asker->question.address < start || asker->question.address >= end)
            continue;
        list_remove(&asker->link);
        store_release(&asker->answered, true);
        wake_all(&asker->wait); /* it cannot be gone: it leaves under the lock that we hold */
    }
}

void userfault_wake(struct userfault *uf, vaddr_t start, vaddr_t end)
{
    spin_lock(&uf->lock);
    move_number(uf);
    answer_those(&uf->asked, start, end);
    answer_those(&uf->told, start, end);
    spin_unlock(&uf->lock);
}

/* ---- the handler's side ---- */

bool userfault_next(struct userfault *uf, struct userfault_question *question)
{
    struct asker *asker = NULL;

    spin_lock(&uf->lock);
    if (!list_is_empty(&uf->asked)) {
        asker = container_of(uf->asked.next, struct asker, link);
        *question = asker->question;
        list_remove(&asker->link);
        list_push_back(&uf->told, &asker->link);
    }
    spin_unlock(&uf->lock);
    return asker != NULL;
}

bool userfault_is_asked(struct userfault *uf)
{
    bool asked;

    spin_lock(&uf->lock);
    asked = !list_is_empty(&uf->asked);
    spin_unlock(&uf->lock);
    return asked;
}

struct waitqueue *userfault_readers(struct userfault *uf)
{
    return &uf->readers;
}
