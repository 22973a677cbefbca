/*
 * The two serial ports (16550, polled) and the VGA text screen. No locks: two CPUs may write at once and
 * their bytes mix; printk above keeps lines whole.
 */
#include "arch/console.h"
#include "arch/memmap.h"
#include "arch/x86/console.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/port.h"
#include "lib/compiler.h"

#define COM1            0x3F8
#define COM2            0x2F8
#define COM1_LINE       4
#define UART_DATA       0
#define UART_IRQ        1
#define UART_FIFO       2
#define UART_FORMAT     3
#define UART_MODEM      4
#define UART_STATUS     5
#define STATUS_RECEIVED 0x01u
#define STATUS_CAN_SEND 0x20u
#define SEND_POLLS      100000 /* a port that never becomes ready costs this, not the machine */

#define VGA_TEXT    0xB8000u
#define VGA_COLUMNS 80u
#define VGA_ROWS    25u
#define VGA_GREY    0x0700u

static u32 vga_at; /* cell of the next character */
static void (*input_hook)(u8 byte);

static void uart_init(u16 port)
{
    port_write8(port + UART_IRQ, 0);
    port_write8(port + UART_FORMAT, 0x80); /* the divisor's turn */
    port_write8(port + UART_DATA, 1);      /* 115200 */
    port_write8(port + UART_IRQ, 0);
    port_write8(port + UART_FORMAT, 0x03); /* 8 bits, no parity */
    port_write8(port + UART_FIFO, 0x07);   /* on, empty, interrupt at one byte */
    port_write8(port + UART_MODEM, 0x0B);  /* ready; OUT2 lets the interrupt out */
}

static void uart_send(u16 port, char c)
{
    for (int i = 0; i < SEND_POLLS && !(port_read8(port + UART_STATUS) & STATUS_CAN_SEND); i++)
        __asm__ volatile("pause");
    port_write8(port, (u8)c);
}

static void vga_scroll(u16 *screen)
{
    for (u32 i = 0; i < VGA_COLUMNS * (VGA_ROWS - 1); i++)
        screen[i] = screen[i + VGA_COLUMNS];
    for (u32 i = 0; i < VGA_COLUMNS; i++)
        screen[VGA_COLUMNS * (VGA_ROWS - 1) + i] = VGA_GREY | ' ';
}

static void vga_put(char c)
{
    u16 *screen = phys_to_direct(VGA_TEXT);
    u32 at = READ_ONCE(vga_at);

    if (c == '\n')
        at += VGA_COLUMNS - at % VGA_COLUMNS;
    else if (c == '\r')
        at -= at % VGA_COLUMNS;
    else
        screen[at++] = VGA_GREY | (u8)c;
    if (at >= VGA_COLUMNS * VGA_ROWS) {
        vga_scroll(screen);
        at -= VGA_COLUMNS;
    }
    WRITE_ONCE(vga_at, at);
}

void console_init(void)
{
    u16 *screen = phys_to_direct(VGA_TEXT);

    uart_init(COM1);
    uart_init(COM2);
    for (u32 i = 0; i < VGA_COLUMNS * VGA_ROWS; i++)
        screen[i] = VGA_GREY | ' ';
}

void console_write(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n')
            uart_send(COM1, '\r');
        uart_send(COM1, s[i]);
        vga_put(s[i]);
    }
}

void control_write(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        uart_send(COM2, s[i]);
}

int console_read_byte(void)
{
    return (port_read8(COM1 + UART_STATUS) & STATUS_RECEIVED) ? port_read8(COM1) : -1;
}

static void receive(void)
{
    for (int byte; (byte = console_read_byte()) >= 0;)
        input_hook((u8)byte);
}

void console_on_input(void (*input)(u8 byte))
{
    input_hook = input;
    irq_route(COM1_LINE, "com1", receive);
    port_write8(COM1 + UART_IRQ, 0x01); /* on received data */
}
