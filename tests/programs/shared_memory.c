/*
 * System V shared memory and memfd: what two processes share, what each number means, what is refused and
 * why.
 *
 * @libc glibc musl
 * @files tests/programs/expect.h
 * @output shm: shared, counted, removed with its last attachment
 * @output shm: wrong calls get their errno
 * @output memfd: seals hold
 * @output memfd: a hole reads as zeroes everywhere
 */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef F_ADD_SEALS
#define F_ADD_SEALS   1033
#define F_GET_SEALS   1034
#define F_SEAL_SEAL   1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW   4
#define F_SEAL_WRITE  8
#endif
#ifndef FALLOC_FL_PUNCH_HOLE
#define FALLOC_FL_KEEP_SIZE  1
#define FALLOC_FL_PUNCH_HOLE 2
#endif
#define PAGE 4096u
#define KEY  0x5eed

static int failed_with(long result)
{
    return result == -1 ? errno : 0;
}
#define refused(call, why) expect(failed_with((long)(call)) == (why), "%s must fail with " #why, #call)

static struct shmid_ds stat_of(int id)
{
    struct shmid_ds d;

    expect(shmctl(id, IPC_STAT, &d) == 0, "IPC_STAT of %d", id);
    return d;
}

static void in_child(volatile uint32_t *words)
{
    pid_t child = fork();
    int status;

    expect(child >= 0, "fork");
    if (child == 0) {
        words[0] += 1; /* inherited */
        words[2 * PAGE / 4] = 77;
        _exit(shmdt((void *)words) == 0 ? 0 : 1);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "status %#x", status);
}

static void share(void)
{
    int id = shmget(KEY, 3 * PAGE - 100, IPC_CREAT | IPC_EXCL | 0600);
    expect(id >= 0, "shmget");
    expect(shmget(KEY, 0, 0) == id, "the key leads to it");
    volatile uint32_t *words = shmat(id, NULL, 0);
    expect(words != (void *)-1, "shmat");
    words[0] = 41;
    in_child(words);
    expect(words[0] == 42 && words[2 * PAGE / 4] == 77, "%u, %u", words[0], words[2 * PAGE / 4]);
    const volatile uint32_t *view = shmat(id, NULL, SHM_RDONLY);
    expect(view != (void *)-1 && view != words && view[0] == 42, "a second view");
    struct shmid_ds d = stat_of(id);
    expect(d.shm_segsz == 3 * PAGE - 100 && d.shm_nattch == 2 && d.shm_cpid == getpid(),
           "size %lu, %lu attached", (unsigned long)d.shm_segsz, (unsigned long)d.shm_nattch);
    expect(shmctl(id, IPC_RMID, NULL) == 0, "IPC_RMID");
    refused(shmget(KEY, 0, 0), ENOENT);
    expect(stat_of(id).shm_perm.mode & 01000, "SHM_DEST");
    expect(shmdt((void *)view) == 0 && words[0] == 42, "it lives while somebody shows it");
    expect(shmdt((void *)words) == 0, "shmdt");
    refused(shmctl(id, IPC_STAT, &d), EINVAL);
    printf("shm: shared, counted, removed with its last attachment\n");
}

static void misuse_shm(void)
{
    int id = shmget(IPC_PRIVATE, PAGE, 0600);
    char *at = shmat(id, NULL, 0);

    expect(id >= 0 && at != (void *)-1, "a segment");
    refused(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
    refused(shmget(KEY + 1, PAGE, 0600), ENOENT);
    refused(shmat(id, at + 1, 0), EINVAL);
    refused(shmat(id, at, 0), EINVAL); /* something is there */
    expect(shmat(id, at, SHM_REMAP) == at, "SHM_REMAP");
    expect(shmat(id, at + 123, SHM_RND | SHM_REMAP) == at, "SHM_RND");
    refused(shmat(id, NULL, SHM_REMAP), EINVAL);
    refused(shmdt(at + PAGE), EINVAL);
    refused(shmdt(at + 1), EINVAL);
    expect(shmctl(id, IPC_RMID, NULL) == 0 && shmdt(at) == 0, "the end of it");
    refused(shmdt(at), EINVAL);
    refused(shmat(id, NULL, 0), EINVAL);
    refused(shmctl(-1, IPC_RMID, NULL), EINVAL);
    id = shmget(KEY + 2, PAGE, IPC_CREAT | 0600);
    refused(shmget(KEY + 2, PAGE, IPC_CREAT | IPC_EXCL), EEXIST);
    refused(shmget(KEY + 2, 2 * PAGE, 0), EINVAL);
    expect(shmctl(id, IPC_RMID, NULL) == 0, "IPC_RMID");
    printf("shm: wrong calls get their errno\n");
}

static void seals(void)
{
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    int plain = memfd_create("plain", 0);

    expect(fd >= 0 && plain >= 0 && ftruncate(fd, 2 * PAGE) == 0, "memfd_create");
    refused(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW), EPERM);
    expect(fcntl(plain, F_GET_SEALS) == F_SEAL_SEAL && fcntl(fd, F_GET_SEALS) == 0, "seals at first");
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(map != MAP_FAILED, "mmap");
    strcpy(map, "kept");
    refused(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    expect(munmap(map, PAGE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW) == 0, "sealing");
    refused(write(fd, "x", 1), EPERM);
    refused(ftruncate(fd, 3 * PAGE), EPERM);
    refused(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
    map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    expect(map != MAP_FAILED && !strcmp(map, "kept"), "reading goes on");
    refused(mprotect(map, PAGE, PROT_READ | PROT_WRITE), EACCES);
    expect(ftruncate(fd, PAGE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == 0,
           "more seals");
    refused(ftruncate(fd, 0), EPERM);
    refused(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
    refused(memfd_create("x", ~0u), EINVAL);
    printf("memfd: seals hold\n");
}

static void hole(void)
{
    int fd = memfd_create("hole", 0);

    expect(ftruncate(fd, 4 * PAGE) == 0, "ftruncate");
    char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *copy = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    memset(shared, 'a', 4 * PAGE);
    copy[PAGE] = 'b'; /* a copy of the second page; the third is still the file's */
    expect(copy[2 * PAGE] == 'a', "private view");
    expect(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE / 2, 3 * PAGE) == 0, "punch");
    expect(shared[PAGE / 2 - 1] == 'a' && !shared[PAGE / 2] && !shared[PAGE] && !shared[3 * PAGE],
           "the hole");
    expect(shared[3 * PAGE + PAGE / 2] == 'a', "what is behind it");
    expect(copy[PAGE] == 'b' && !copy[2 * PAGE], "a copy stays, the file's page does not");
    shared[2 * PAGE] = 'c';
    expect(madvise(shared + 2 * PAGE, PAGE, MADV_REMOVE) == 0 && !shared[2 * PAGE] && !copy[2 * PAGE],
           "MADV_REMOVE");
    refused(madvise(copy, PAGE, MADV_REMOVE), EACCES);
    refused(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE), EOPNOTSUPP);
    printf("memfd: a hole reads as zeroes everywhere\n");
}

int main(void)
{
    share();
    misuse_shm();
    seals();
    hole();
    return 0;
}
