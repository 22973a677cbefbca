/*
 * printf's core. Output goes through a sink that counts what does not fit, so that the length returned is
 * that of the whole text and nobody has to measure first. No allocation, no lock, no state: usable in any
 * context.
 */
#include "lib/format.h"
#include "lib/string.h"

int (*fmt_symbol_hook)(char *buf, size_t size, vaddr_t addr);

struct sink {
    char *buf;
    size_t size;
    size_t length; /* of the whole text so far, written or not */
};

/* One conversion as it was parsed: %[flags][width][.precision][length]letter. */
struct spec {
    bool left, zeros, plus, space, prefix, upper;
    int width;
    int precision; /* -1: none given */
    enum { LEN_INT, LEN_CHAR, LEN_SHORT, LEN_LONG, LEN_LONG_LONG } length;
};

static void put(struct sink *out, char c)
{
    if (out->length + 1 < out->size)
        out->buf[out->length] = c;
    out->length++;
}

static void put_repeated(struct sink *out, char c, int n)
{
    while (n-- > 0)
        put(out, c);
}

static void put_text(struct sink *out, const struct spec *spec, const char *text, int n)
{
    int pad = spec->width - n;
    if (!spec->left)
        put_repeated(out, ' ', pad);
    for (int i = 0; i < n; i++)
        put(out, text[i]);
    if (spec->left)
        put_repeated(out, ' ', pad);
}

static void put_string(struct sink *out, const struct spec *spec, const char *s)
{
    if (!s)
        s = "(null)";
    int n = 0;
    while ((spec->precision < 0 || n < spec->precision) && s[n])
        n++;
    put_text(out, spec, s, n);
}

/* Digits of `value`, last first; returns how many. Divides 64 bits only while they are needed. */
static int digits_backward(char *digits, u64 value, u32 base, bool upper)
{
    const char *letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int n = 0;
    while (value >> 32) {
        digits[n++] = letters[value % base];
        value /= base;
    }
    for (u32 low = (u32)value; low; low /= base)
        digits[n++] = letters[low % base];
    return n;
}

static void put_number(struct sink *out, const struct spec *spec, u64 value, u32 base, bool negative)
{
    char digits[24]; /* 22 octal digits hold 64 bits */
    int n = digits_backward(digits, value, base, spec->upper);
    char lead[3];
    int leads = 0;

    if (negative || spec->plus || spec->space)
        lead[leads++] = negative ? '-' : spec->plus ? '+' : ' ';
    if (spec->prefix && base == 16 && value) {
        lead[leads++] = '0';
        lead[leads++] = spec->upper ? 'X' : 'x';
    }
    int wanted = spec->precision < 0 ? 1 : spec->precision;
    if (spec->prefix && base == 8 && wanted <= n)
        wanted = n + 1;
    if (spec->zeros && !spec->left && spec->precision < 0)
        wanted = MAX(wanted, spec->width - leads);

    int zeros = MAX(wanted - n, 0);
    int pad = spec->width - leads - zeros - n;
    if (!spec->left)
        put_repeated(out, ' ', pad);
    for (int i = 0; i < leads; i++)
        put(out, lead[i]);
    put_repeated(out, '0', zeros);
    while (n > 0)
        put(out, digits[--n]);
    if (spec->left)
        put_repeated(out, ' ', pad);
}

static void put_symbol(struct sink *out, const struct spec *spec, vaddr_t addr)
{
    char text[160];
    int n = fmt_symbol_hook ? fmt_symbol_hook(text, sizeof text, addr)
                            : fmt_snprintf(text, sizeof text, "0x%08x", addr);
    put_text(out, spec, text, MIN(n, (int)sizeof text - 1));
}

static u64 next_unsigned(const struct spec *spec, va_list *args)
{
    switch (spec->length) {
    case LEN_LONG_LONG:
        return va_arg(*args, unsigned long long);
    case LEN_LONG:
        return va_arg(*args, unsigned long);
    case LEN_SHORT:
        return (unsigned short)va_arg(*args, unsigned);
    case LEN_CHAR:
        return (unsigned char)va_arg(*args, unsigned);
    default:
        return va_arg(*args, unsigned);
    }
}

static s64 next_signed(const struct spec *spec, va_list *args)
{
    switch (spec->length) {
    case LEN_LONG_LONG:
        return va_arg(*args, long long);
    case LEN_LONG:
        return va_arg(*args, long);
    case LEN_SHORT:
        return (short)va_arg(*args, int);
    case LEN_CHAR:
        return (signed char)va_arg(*args, int);
    default:
        return va_arg(*args, int);
    }
}

static const char *parse_flags(const char *p, struct spec *spec)
{
    for (;; p++) {
        if (*p == '-')
            spec->left = true;
        else if (*p == '0')
            spec->zeros = true;
        else if (*p == '+')
            spec->plus = true;
        else if (*p == ' ')
            spec->space = true;
        else if (*p == '#')
            spec->prefix = true;
        else
            return p;
    }
}

static const char *parse_amount(const char *p, int *amount, va_list *args)
{
    if (*p == '*') {
        *amount = va_arg(*args, int);
        return p + 1;
    }
    for (*amount = 0; *p >= '0' && *p <= '9'; p++)
        *amount = *amount * 10 + (*p - '0');
    return p;
}

static const char *parse_length(const char *p, struct spec *spec)
{
    if (*p == 'l' || *p == 'h') {
        bool twice = p[1] == *p;
        spec->length = *p == 'l' ? (twice ? LEN_LONG_LONG : LEN_LONG) : (twice ? LEN_CHAR : LEN_SHORT);
        return p + 1 + twice;
    }
    if (*p == 'j')
        spec->length = LEN_LONG_LONG;
    return *p == 'z' || *p == 't' || *p == 'j' ? p + 1 : p; /* size_t and ptrdiff_t are int wide here */
}

static const char *parse_spec(const char *p, struct spec *spec, va_list *args)
{
    *spec = (struct spec){.precision = -1};
    p = parse_flags(p, spec);
    p = parse_amount(p, &spec->width, args);
    if (spec->width < 0) {
        spec->left = true;
        spec->width = -spec->width;
    }
    if (*p == '.') {
        p = parse_amount(p + 1, &spec->precision, args);
        if (spec->precision < 0)
            spec->precision = -1;
    }
    return parse_length(p, spec);
}

/* Prints the conversion whose letter is at `p`; returns the place after it. */
static const char *convert(struct sink *out, struct spec *spec, const char *p, va_list *args)
{
    char c;
    s64 number;
    switch (*p) {
    case 'd':
    case 'i':
        number = next_signed(spec, args);
        put_number(out, spec, number < 0 ? -(u64)number : (u64)number, 10, number < 0);
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        spec->plus = spec->space = false;
        spec->upper = *p == 'X';
        put_number(out, spec, next_unsigned(spec, args), *p == 'u' ? 10 : *p == 'o' ? 8 : 16, false);
        break;
    case 'p':
        if (p[1] == 'S') {
            put_symbol(out, spec, (vaddr_t)(uintptr_t)va_arg(*args, void *));
            return p + 2;
        }
        spec->precision = 8;
        put_number(out, spec, (uintptr_t)va_arg(*args, void *), 16, false);
        break;
    case 'c':
        c = (char)va_arg(*args, int);
        put_text(out, spec, &c, 1);
        break;
    case 's':
        put_string(out, spec, va_arg(*args, const char *));
        break;
    case 0: /* a lone % at the end */
        return p;
    default: /* %% prints one, an unknown letter prints itself */
        put(out, *p);
    }
    return p + 1;
}

int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct sink out = {.buf = buf, .size = size};
    struct spec spec;
    va_list rest;
    va_copy(rest, args);
    while (*fmt) {
        if (*fmt != '%') {
            put(&out, *fmt++);
            continue;
        }
        fmt = parse_spec(fmt + 1, &spec, &rest);
        fmt = convert(&out, &spec, fmt, &rest);
    }
    va_end(rest);
    if (size > 0)
        buf[MIN(out.length, size - 1)] = 0;
    return (int)out.length;
}

int fmt_snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = fmt_vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}
