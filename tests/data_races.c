/* See data_races.h. */
#include "tests/data_races.h"
#include "diag/watchpoints.h"
#include "tests/test.h"

static const char *what_it_does(const struct watched_access *a)
{
    return a->writes ? a->marked ? "writes (marked)" : "writes" : a->marked ? "reads (marked)" : "reads";
}

bool data_races_tell(u32 n)
{
    struct watched_race race;

    for (u32 i = 0; watch_found(i, &race); i++) {
        const struct watched_access *a = &race.waited, *b = &race.came;
        if (b->ip)
            test_note("data race: CPU %u %s %u bytes at %#x in %pS, CPU %u %s %u bytes at once in %pS",
                      a->cpu, what_it_does(a), a->bytes, race.at, (void *)a->ip, b->cpu, what_it_does(b),
                      b->bytes, (void *)b->ip);
        else
            test_note("data race: while CPU %u %s %u bytes at %#x in %pS, code without hooks changes them",
                      a->cpu, what_it_does(a), a->bytes, race.at, (void *)a->ip);
    }
    return n == 0;
}
