/*
 * A function for GNU make: $(exit-with FILE) ends make with the status that FILE holds. Make itself knows
 * only 0, 1 and 2, and `make run` promises the program's own status.
 */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>

int plugin_is_GPL_compatible; /* make loads nothing that lacks this name */
int make_exit_gmk_setup(void);

static char *exit_with_status(const char *name, unsigned int argc, char **argv)
{
    int status = 2;
    FILE *file = fopen(argv[0], "r");

    (void)name, (void)argc;
    if (file == NULL || fscanf(file, "%d", &status) != 1)
        fprintf(stderr, "make run: no status in %s\n", argv[0]);
    fflush(NULL);
    exit(status);
}

/* Called by make when the object is loaded; its name follows from the file's. */
int make_exit_gmk_setup(void)
{
    gmk_add_function("exit-with-status", exit_with_status, 1, 1, GMK_FUNC_DEFAULT);
    return 1;
}
