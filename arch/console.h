/* The two serial ports and the text screen. Polled, any context, never sleeps, takes no lock. */
#pragma once
#include "lib/types.h"

void console_write(const char *s, size_t n); /* COM1 and VGA text: what a person reads */
void control_write(const char *s, size_t n); /* COM2: what the host's runner reads; one record a line */
int console_read_byte(void);                 /* a typed byte, or -1 */
/* Calls `input` in interrupt context for each byte typed on COM1. */
void console_on_input(void (*input)(u8 byte));
