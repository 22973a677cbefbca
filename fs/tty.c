/*
 * The console. Typed bytes come in interrupt context into a ring with one producer (COM1's interrupt is never
 * on two CPUs at once) and consumers that take turns under a mutex, so the ring needs no lock. Output goes
 * out as it is.
 *
 * Key: (p) the producer; (r) tty_read_lock; (a) READ_ONCE by the other side.
 */
#include "fs/tty.h"
#include "arch/console.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "lib/string.h"

#define RING_SIZE     4096u
#define CHUNK         256u
#define TTY_ISIG      1u
#define TTY_ICANON    2u
#define TTY_ECHO      8u
#define TTY_ICRNL     0400u
#define KEY_INTERRUPT 3
#define KEY_END       4

static u8 ring[RING_SIZE];
static u32 ring_head; /* (a) written under (r) */
static u32 ring_tail; /* (a) written by (p) */
static u32 lines_in;  /* (a) ends of lines that came; written by (p) */
static u32 lines_out; /* (r) ends of lines that were read */
static struct mutex tty_read_lock, tty_write_lock;
static struct waitqueue tty_wait;
/* Defaults of a terminal without echo: ICRNL; no output processing; B38400 CS8 CREAD; ISIG ICANON. */
static struct termios settings = {
    .iflag = TTY_ICRNL,
    .cflag = 0277,
    .lflag = TTY_ISIG | TTY_ICANON,
    .cc = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26},
};
void (*tty_interrupt_hook)(void);
s32 tty_foreground_group;

/* Interrupt context. A full ring drops the byte, as a serial line does. */
static void tty_input(u8 byte)
{
    u32 lflag = READ_ONCE(settings.lflag), tail = ring_tail;
    if (byte == KEY_INTERRUPT && (lflag & TTY_ISIG)) {
        if (tty_interrupt_hook)
            tty_interrupt_hook();
        return;
    }
    if (byte == '\r' && (READ_ONCE(settings.iflag) & TTY_ICRNL))
        byte = '\n';
    if (tail - READ_ONCE(ring_head) == RING_SIZE)
        return;
    if (lflag & TTY_ECHO)
        console_write((const char *)&byte, 1);
    ring[tail % RING_SIZE] = byte;
    store_release(&ring_tail, tail + 1);
    if (byte == '\n' || byte == KEY_END)
        store_release(&lines_in, lines_in + 1);
    wake_all(&tty_wait);
}

static bool tty_has_input(void)
{
    if (READ_ONCE(settings.lflag) & TTY_ICANON)
        return load_acquire(&lines_in) != READ_ONCE(lines_out);
    return load_acquire(&ring_tail) != READ_ONCE(ring_head);
}

/* Takes up to n bytes, in line mode no further than one line. Ctrl-D ends the line and is not part of it. */
static u32 tty_take(u8 *to, u32 n)
{
    assert(mutex_is_held(&tty_read_lock));
    bool canonical = READ_ONCE(settings.lflag) & TTY_ICANON;
    u32 done = 0, head = ring_head, tail = load_acquire(&ring_tail);
    while (done < n && head != tail) {
        u8 byte = ring[head++ % RING_SIZE];
        bool ends = byte == '\n' || byte == KEY_END;
        if (ends)
            WRITE_ONCE(lines_out, lines_out + 1);
        if (!(canonical && byte == KEY_END))
            to[done++] = byte;
        if (canonical && ends)
            break;
    }
    store_release(&ring_head, head);
    return done;
}

static s32 tty_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    u8 chunk[CHUNK];
    for (;;) {
        if (!tty_has_input() && (READ_ONCE(file->flags) & O_NONBLOCK))
            return -EAGAIN;
        if (wait_event_interruptible(&tty_wait, tty_has_input()))
            return -ERESTARTSYS;
        mutex_lock(&tty_read_lock);
        if (!tty_has_input()) { /* another reader was first */
            mutex_unlock(&tty_read_lock);
            continue;
        }
        u32 done = tty_take(chunk, MIN(n, CHUNK));
        mutex_unlock(&tty_read_lock);
        return done && copy_to_user(user, chunk, done) ? -EFAULT : (s32)done;
    }
}

static s32 tty_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    char chunk[CHUNK];
    size_t done = 0;
    while (done < n) {
        size_t part = MIN(n - done, CHUNK), left = copy_from_user_partial(chunk, user + done, part);
        part -= left;
        mutex_lock(&tty_write_lock);
        console_write(chunk, part);
        mutex_unlock(&tty_write_lock);
        done += part;
        if (left)
            break;
    }
    return done || !n ? (s32)done : -EFAULT;
}

static int tty_window(vaddr_t arg)
{
    const u16 size[4] = {24, 80, 0, 0};
    return copy_to_user(arg, size, sizeof(size));
}

static int tty_settings(vaddr_t arg, bool set)
{
    struct termios wanted = settings;
    if (!set)
        return copy_to_user(arg, &wanted, sizeof(wanted));
    if (copy_from_user(&wanted, arg, sizeof(wanted)))
        return -EFAULT;
    settings = wanted;
    return 0;
}

/* Numbers: ioctl_tty(2). */
static int tty_ioctl(struct file *file, u32 command, vaddr_t arg)
{
    s32 group = READ_ONCE(tty_foreground_group);
    switch (command) {
    case 0x5401: /* TCGETS */
        return tty_settings(arg, false);
    case 0x5402: /* TCSETS, TCSETSW, TCSETSF */
    case 0x5403:
    case 0x5404:
        return tty_settings(arg, true);
    case 0x5413: /* TIOCGWINSZ */
        return tty_window(arg);
    case 0x540e: /* TIOCSCTTY */
    case 0x5414: /* TIOCSWINSZ */
        return 0;
    case 0x540f: /* TIOCGPGRP */
        return copy_to_user(arg, &group, 4);
    case 0x5410: /* TIOCSPGRP */
        if (copy_from_user(&group, arg, 4))
            return -EFAULT;
        WRITE_ONCE(tty_foreground_group, group);
        return 0;
    case 0x541b: { /* FIONREAD */
        u32 waiting = load_acquire(&ring_tail) - READ_ONCE(ring_head);
        return copy_to_user(arg, &waiting, 4);
    }
    default:
        return -ENOTTY;
    }
}

static u32 tty_poll(struct file *file, struct waitqueue **queue)
{
    *queue = &tty_wait;
    return POLL_OUT | (tty_has_input() ? POLL_IN : 0);
}

const struct file_ops tty_file_ops = {
    .read = tty_read, .write = tty_write, .ioctl = tty_ioctl, .poll = tty_poll};

void tty_init(void)
{
    static_assert(sizeof(struct termios) == 36, "the kernel's struct termios, asm-generic/termbits.h");
    mutex_init(&tty_read_lock, "tty_read_lock", FILE);
    mutex_init(&tty_write_lock, "tty_write_lock", FILE);
    waitqueue_init(&tty_wait);
    console_on_input(tty_input);
}
