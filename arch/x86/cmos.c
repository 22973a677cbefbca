/* The wall clock at boot. Source: Motorola MC146818 data sheet. UTC is assumed, as QEMU gives it. */
#include "arch/clock.h"
#include "arch/x86/clock.h"
#include "arch/x86/port.h"

#define CMOS_INDEX  0x70
#define CMOS_DATA   0x71
#define UPDATING    0x80u       /* status A */
#define BINARY      0x04u       /* status B: values are binary, not BCD */
#define SEEDED_WALL 1767225600u /* 2026-01-01: how long the firmware took must not show in a seeded run */
#define POLLS       1000000

enum cmos_register {
    SECOND = 0,
    MINUTE = 2,
    HOUR = 4,
    DAY = 7,
    MONTH = 8,
    YEAR = 9,
    STATUS_A = 10,
    STATUS_B = 11
};

static u64 wall_seconds;

u64 clock_wall_seconds(void)
{
    return wall_seconds;
}

static init_text u32 read_register(enum cmos_register r)
{
    port_write8(CMOS_INDEX, (u8)r);
    return port_read8(CMOS_DATA);
}

static init_text u32 read_value(enum cmos_register r)
{
    u32 v = read_register(r);

    return (read_register(STATUS_B) & BINARY) ? v : (v >> 4) * 10 + (v & 15);
}

/* Days since 1970 of a date after 2000 and before 2100, where every fourth year is a leap year. */
static init_text u32 days_since_1970(u32 year, u32 month, u32 day)
{
    static const u16 before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    u32 leap_days = (year - 1969) / 4 + ((year % 4 == 0 && month > 2) ? 1 : 0);

    return (year - 1970) * 365 + leap_days + before[(month - 1) % 12] + day - 1;
}

init_text void cmos_read(void)
{
    u32 minute, second;

    if (clock_is_seeded()) {
        wall_seconds = SEEDED_WALL;
        return;
    }
    for (int i = 0; i < POLLS && (read_register(STATUS_A) & UPDATING); i++)
        ;
    do { /* an update in the middle shows as a changed second */
        second = read_value(SECOND);
        minute = read_value(MINUTE);
        wall_seconds =
            days_since_1970(2000 + read_value(YEAR), read_value(MONTH), read_value(DAY)) * 86400ull +
            read_value(HOUR) * 3600u + minute * 60u + second;
    } while (second != read_value(SECOND));
}
