/*
 * The smallest end-to-end run: arguments in, lines out, a status that is neither 0 nor 1.
 *
 * @libc glibc musl
 * @args one two three
 * @status 42
 * @output hello from ring 3, 4 arguments
 * @output argument 1: one
 * @output argument 3: three
 */
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("hello from ring 3, %d arguments\n", argc);
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    return 42;
}
