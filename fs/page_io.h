/* Moving bytes between a mapping's pages and user or kernel memory. */
#pragma once
#include "fs/inode.h"

/* The page is pinned by the caller's reference, unlocked; no spinlock held; sleeps. The bytes moved, fewer
 * than n where user memory ends; -EFAULT when that is none, -ENOMEM. */
must_check s32 page_to_user(struct page *page, u32 offset, vaddr_t user, size_t n);
must_check s32 page_from_user(struct page *page, u32 offset, vaddr_t user, size_t n);
/* Kernel memory; never sleeps. */
void page_from_kernel(struct page *page, u32 offset, const void *from, size_t n);
/* Contents of a file as the kernel reads them (ELF headers, scripts): bytes read, short at the end, or
 * -errno. Sleeps. */
s32 inode_read_kernel(struct inode *inode, void *to, size_t n, u32 offset);
