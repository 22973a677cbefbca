/* The console before anything else works. */
#pragma once
/* Programs both serial ports and clears the screen. First thing on the boot CPU; needs paging and nothing
 * more. */
void console_init(void);
