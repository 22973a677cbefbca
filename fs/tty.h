/* The console as a terminal: COM1, with line editing only as far as a script or a person at a serial line
 * needs. */
#pragma once
#include "fs/file.h"

/* struct termios of the kernel ABI, i386: what TCGETS and TCSETS move. */
struct termios {
    u32 iflag, oflag, cflag, lflag;
    u8 line;
    u8 cc[19];
};
extern const struct file_ops tty_file_ops;
/* Registers for COM1's input. Once, at init. */
void tty_init(void);
/* Called in interrupt context when Ctrl-C was typed (ISIG on). */
extern void (*tty_interrupt_hook)(void);
/* Read and changed by TIOCGPGRP and TIOCSPGRP. */
extern s32 tty_foreground_group;
