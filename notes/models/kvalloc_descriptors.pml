/*
 * Where kvalloc's descriptors live (rows S09 to S14; mm/kvalloc.c, mm/kv_descriptors.c, mm/kv_lazy.c).
 *
 * Two tasks allocate and free. A range needs a descriptor, a descriptor a slot, a slot a page, and a page an
 * address of the same window. What a run can hardly show and this search does: whatever the order, nobody who
 * holds the lock ever finds no slot; no descriptor is left in a page whose frame is gone; a descriptor page's
 * address is not used again before the flush; every frame comes back.
 *
 * Addresses are not modelled. How many descriptors a split or a join takes is chosen freely among what it can
 * be, so that every layout of the window is covered. PAGES and SLOTS are small; NEEDED is KV_SLOTS_NEEDED.
 *
 * check-models: expect ok
 * check-models: mutant -DNEEDED=0: the lock is entered with no slot made sure of
 * check-models: mutant -DGROW_IN_USE: the frame for a new page is asked for again inside the lock (S09)
 * check-models: mutant -DSHRINK_BLIND: a page goes without a look at what the others have room for
 * check-models: mutant -DLEAVE_FREE_RANGES: a page goes with the descriptor of a free range still in it
 * check-models: mutant -DREUSE_EARLY: a dead page's address comes back before the flush
 * check-models: mutant -DKEEP_SPARE: a frame that was not needed after all is forgotten
 */
#define PAGES 3
#define SLOTS 4 /* of one page; one is the page's own */
#ifndef NEEDED
#define NEEDED 3
#endif
#define TASKS  2
#define ROUNDS 2 /* each allocates and frees so often */
#define FRAMES 4

/* A page of the window that can hold descriptors. */
mtype = { NOWHERE, ALIVE, DYING };
mtype state[PAGES];
byte frees[PAGES];  /* descriptors of free ranges in it */
byte others[PAGES]; /* descriptors of used and of lazy ranges in it */
byte lazy[PAGES];   /* of these, queued for the next flush */
bool dying_of[PAGES]; /* the range of this dying page is queued */
byte home_of_dying[PAGES]; /* the page that describes it */

byte frames = FRAMES;
bool inside[TASKS];
byte done = 0;

#define slots_in(p) (SLOTS - 1 - frees[p] - others[p])
#define free_slots                                                                                           \
    ((state[0] == ALIVE -> slots_in(0) : 0) + (state[1] == ALIVE -> slots_in(1) : 0) +                       \
     (state[2] == ALIVE -> slots_in(2) : 0))
#define all_frees (frees[0] + frees[1] + frees[2])

/* kv_enter() asserts that this task is not inside already. What is done under the lock nobody else sees half
 * done, so each hold of it is one atomic step of the model. */
inline enter()
{
    assert(!inside[me]);
    inside[me] = true
}
inline leave()
{
    inside[me] = false
}

/* A slot of some page; there must be one. `not_in`: of none of this page (PAGES: any will do). */
inline slot_in(not_in, p)
{
    if
    :: not_in != 0 && state[0] == ALIVE && slots_in(0) > 0 -> p = 0
    :: not_in != 1 && state[1] == ALIVE && slots_in(1) > 0 -> p = 1
    :: not_in != 2 && state[2] == ALIVE && slots_in(2) > 0 -> p = 2
    :: else -> assert(false) /* kv_slot_get() with no slot */
    fi
}

/* Some free range's descriptor is put back, as a split that fits exactly or a join does. */
inline drop_one_free()
{
    if
    :: frees[0] > 0 -> frees[0]--
    :: frees[1] > 0 -> frees[1]--
    :: frees[2] > 0 -> frees[2]--
    :: else -> skip
    fi
}

/* kv_grow(): an address for the page; the rest of the range that it came from keeps its descriptor. */
inline grow(grown)
{
    grown = true;
    if
    :: state[0] == NOWHERE -> state[0] = ALIVE
    :: state[1] == NOWHERE -> state[1] = ALIVE
    :: state[2] == NOWHERE -> state[2] = ALIVE
    :: else -> grown = false /* the window is full */
    fi
}

/* kv_shrink() for one page: nothing in it but itself and free ranges, and the others have room. */
#ifdef SHRINK_BLIND
#define can_go(p) (state[p] == ALIVE && others[p] == 0)
#else
#define can_go(p)                                                                                            \
    (state[p] == ALIVE && others[p] == 0 && slots_in(p) > 0 &&                                               \
     free_slots >= NEEDED + SLOTS + frees[p])
#endif
inline shrink_one(p)
{
    if
    :: can_go(p) ->
#ifndef LEAVE_FREE_RANGES
        do
        :: frees[p] > 0 ->
            slot_in(p, q);
            frees[p]--;
            frees[q]++
        :: else -> break
        od;
#endif
        assert(frees[p] == 0 && others[p] == 0); /* nobody's descriptor goes with the frame */
        state[p] = DYING;
        slot_in(p, q); /* its own range moves elsewhere until the flush */
        others[q]++;
        lazy[q]++;
        dying_of[p] = true;
        home_of_dying[p] = q;
#ifdef REUSE_EARLY
        state[p] = NOWHERE
#endif
    :: else -> skip
    fi
}

/* kvalloc(): `home` is the page that describes the new range; PAGES: refused. */
inline allocate()
{
    bool spare = false, grown = false;
    home = PAGES;
again:
    atomic {
        enter();
        do
        :: free_slots < NEEDED && spare ->
            grow(grown);
            if
            :: grown -> spare = false
            :: else -> break
            fi
        :: free_slots < NEEDED && !spare && !failed ->
#ifdef GROW_IN_USE
            enter(); /* page_alloc() that asks kvalloc */
#endif
            leave();
            goto take_frame
        :: else -> break
        od;
        if
        :: free_slots >= NEEDED && all_frees > 0 ->
            slot_in(PAGES, home);
            others[home]++;
            if /* what is left of the free range: nothing, one piece, or two */
            :: true -> drop_one_free()
            :: true -> skip
            :: true -> slot_in(PAGES, q); frees[q]++
            fi
        :: true -> skip /* no address that long, or no slot */
        fi;
        q = 0;
        leave();
        goto out
    }
take_frame:
    atomic { /* page_alloc(), with no lock held: may fail at any time */
        if
        :: frames > 0 -> frames--; spare = true
        :: true -> failed = true
        fi;
        goto again
    }
out:
#ifndef KEEP_SPARE
    if
    :: spare -> atomic { frames++; spare = false }
    :: else -> skip
    fi
#else
    skip
#endif
}

/* kvfree(): queued for the flush. */
inline release()
{
    atomic { enter(); lazy[home]++; leave() }
}

/* purge_lazy(): takes the queue, flushes with no lock, then gives the addresses back. */
inline purge()
{
    atomic {
        enter();
        mine[0] = lazy[0]; mine[1] = lazy[1]; mine[2] = lazy[2];
        lazy[0] = 0; lazy[1] = 0; lazy[2] = 0;
        gone[0] = dying_of[0]; gone[1] = dying_of[1]; gone[2] = dying_of[2];
        dying_of[0] = false; dying_of[1] = false; dying_of[2] = false;
        leave()
    }
    /* Here is the flush; then the frames of dead descriptor pages go back. */
    atomic {
        p = 0;
        do
        :: p < PAGES ->
            if
            :: gone[p] -> assert(state[p] == DYING); frames++ /* its address is still nobody else's */
            :: else -> skip
            fi;
            p++
        :: else -> break
        od
    }
    atomic {
        enter();
        p = 0;
        do
        :: p < PAGES && mine[p] > 0 ->
            assert(state[p] == ALIVE); /* the descriptor is where it was */
            mine[p]--;
            others[p]--; /* kv_slot_put() before range_free(): so there is a slot for a free range */
            if
            :: true -> slot_in(PAGES, q); frees[q]++ /* joins nobody */
            :: all_frees > 0 -> skip                 /* joins one neighbour */
            :: all_frees > 1 -> drop_one_free()
            fi
        :: p < PAGES && mine[p] == 0 ->
            if
            :: gone[p] -> state[p] = NOWHERE; gone[p] = false
            :: else -> skip
            fi;
            p++
        :: p == PAGES -> break
        od;
        shrink_one(0);
        shrink_one(1);
        shrink_one(2);
        p = 0;
        q = 0;
        leave()
    }
}

proctype task(byte me)
{
    byte home = PAGES, p = 0, q = 0, mine[PAGES];
    bool gone[PAGES], failed = false;
    byte round = 0;

    do
    :: round < ROUNDS ->
        allocate();
        if
        :: home < PAGES -> release()
        :: else -> skip
        fi;
        purge();
        failed = false;
        round++
    :: else -> break
    od;
    purge(); /* again: an emptied descriptor page queues itself */
    atomic { done++ }
}

init
{
    atomic {
        state[0] = ALIVE; /* boot: the first page, with the free range of the window in it */
        frames--;
        frees[0] = 1;
        state[1] = NOWHERE;
        state[2] = NOWHERE;
        run task(0);
        run task(1)
    }
    done == TASKS;
    /* Every frame is in a page that is alive, in one that waits for the next flush, or free. */
    assert(frames + (state[0] != NOWHERE) + (state[1] != NOWHERE) + (state[2] != NOWHERE) == FRAMES);
    assert(lazy[0] + lazy[1] + lazy[2] ==
           dying_of[0] + dying_of[1] + dying_of[2]) /* no range but theirs waits */
}
