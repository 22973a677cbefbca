/*
 * remap_file_pages(2): the pages of a file in another order, and what is refused.
 *
 * @output sixteen pages, backwards
 * @output written where they are shown
 * @output refused with EINVAL
 */
#define _GNU_SOURCE
#include "expect.h"
#include <sys/mman.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 16

static void refused(char *p, size_t length, int prot, size_t first)
{
    errno = 0;
    expect(remap_file_pages(p, length, prot, first, 0) == -1 && errno == EINVAL, "length %zu, page %zu",
           length, first);
}

int main(void)
{
    int fd = memfd_create("pages", 0);
    char byte, *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(ftruncate(fd, PAGES * PAGE) == 0, "ftruncate");
    for (int i = 0; i < PAGES; i++)
        expect(pwrite(fd, &(char){(char)('a' + i)}, 1, i * (int)PAGE) == 1, "pwrite");
    char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(p != MAP_FAILED, "mmap");
    for (int i = 0; i < PAGES; i++)
        expect(remap_file_pages(p + i * PAGE, PAGE, 0, PAGES - 1 - i, i % 2 ? MAP_NONBLOCK : 0) == 0,
               "page %d", i);
    for (int i = 0; i < PAGES; i++)
        expect(p[i * PAGE] == 'a' + PAGES - 1 - i, "page %d shows %c", i, p[i * PAGE]);
    printf("sixteen pages, backwards\n");
    p[0] = 'z';
    expect(pread(fd, &byte, 1, (PAGES - 1) * (int)PAGE) == 1 && byte == 'z', "the last page has %c", byte);
    expect(remap_file_pages(p, PAGES * PAGE, 0, 0, 0) == 0 && p[0] == 'a' && p[15 * PAGE] == 'z',
           "all at once");
    printf("written where they are shown\n");
    refused(p, PAGE, PROT_READ, 0);
    refused(own, PAGE, 0, 0);
    refused(p, 0, 0, 0);
    refused(p, PAGE, 0, (size_t)-1);
    expect(munmap(p + 3 * PAGE, PAGE) == 0, "munmap");
    refused(p + 3 * PAGE, PAGE, 0, 0);
    refused(p + 2 * PAGE, 3 * PAGE, 0, 0);
    printf("refused with EINVAL\n");
    return 0;
}
