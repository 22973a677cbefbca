/*
 * A program that dies of a bad address: the status is the signal's, and the kernel says where.
 *
 * @libc glibc
 * @status 139
 * @output killed by SIGSEGV: code 1, address 0x10 in no region
 * @output The program was killed by SIGSEGV.
 */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    volatile uintptr_t nowhere = 0x10;
    puts("now");
    return *(volatile int *)nowhere;
}
