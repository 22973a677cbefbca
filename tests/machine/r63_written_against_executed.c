/*
 * R63: open(2) of a file to write it against execve(2) of the same file.
 *
 *   T1   counts itself as a writer                              @R63
 *   T2   counts its new address space; sees the writer: ETXTBSY
 *   T1   sees nobody who executes it: may write
 */
#include "fs/tmpfs.h"
#include "tests/scenario.h"

struct file_of_both {
    struct inode *inode;
    struct mm *mm; /* of the program that is executed */
    int opened, executed;
};

static void open_to_write(void *arg)
{
    struct file_of_both *f = arg;

    f->opened = inode_begin_writing(f->inode);
}

/* What execve does with the file before it maps it; the program runs on when this returns 0. */
static void execute(void *arg)
{
    struct file_of_both *f = arg;

    f->mm = obtain(mm_create());
    assert(f->mm);
    mm_set_exe(f->mm, &f->inode->mapping);
    f->executed = inode_is_written(f->inode) ? -ETXTBSY : 0;
}

TEST(r63_written_against_executed, .cpus = 2,
     .shows = "a file that is opened to be written while it is executed: one of the two is refused")
{
    struct file_of_both f = {.inode = obtain(tmpfs_create(S_IFREG | 0600))};
    struct scene *s = scene_begin();

    assert(f.inode != NULL);
    check(scene_overtake(s, R63, open_to_write, execute, &f));
    check(f.opened == -ETXTBSY || f.executed == -ETXTBSY);
    check_eq(inode_begin_writing(f.inode), -ETXTBSY); /* it is executed still */
    mm_put_user(f.mm);
    if (f.opened == 0)
        inode_end_writing(f.inode);
    check(!inode_is_written(f.inode));
    scene_end(s);
    inode_put(f.inode);
}
