/* The text of each event's format file, as Linux's tracing/events/SYSTEM/EVENT/format has it, out of the
 * table. */
#include "diag/trace_events.h"
#include "diag/trace_internal.h"
#include "lib/format.h"

struct field {
    const char *declaration;
    u32 offset, size;
    bool is_signed;
};
struct event {
    const char *system, *name, *print;
    const struct field *fields;
    u32 fields_n;
    u32 id;
};

#define IS_SIGNED(ctype) ((ctype)-1 < (ctype)1)
#define F(e, ctype, type, fname)                                                                             \
    {#type " " #fname, offsetof(struct trace_rec_##e, fname), sizeof(ctype), IS_SIGNED(ctype)},
#define A(e, fname)    {"char " #fname "[16]", offsetof(struct trace_rec_##e, fname), 16, false},
#define P(e, fname)    {"const char * " #fname, offsetof(struct trace_rec_##e, fname), 8, false},
#define W(e, fname, n) {"u32 " #fname "[" #n "]", offsetof(struct trace_rec_##e, fname), 4 * (n), false},
#define E(system, event, text)                                                                               \
    static const struct field fields_##event[] = {FIELDS_##event(event, F, A, P, W)};
TRACE_EVENT_LIST(E)
#undef E

static const struct event events[] = {
#define E(sys, event, text) {#sys, #event, text, fields_##event, ARRAY_SIZE(fields_##event), TRACE_##event},
    TRACE_EVENT_LIST(E)
#undef E
};
static_assert(ARRAY_SIZE(events) == TRACE_EVENTS, "every event of diag/trace.h has its line in the table");

static const struct field common_fields[] = {
    {"unsigned short common_type", offsetof(struct trace_common, type), 2, false},
    {"unsigned char common_flags", offsetof(struct trace_common, flags), 1, false},
    {"unsigned char common_preempt_count", offsetof(struct trace_common, preempt_count), 1, false},
    {"int common_pid", offsetof(struct trace_common, pid), 4, true},
};

struct text {
    char *to;
    u32 room, used;
};
#define add(out, ...)                                                                                        \
    ((out)->used += (u32)fmt_snprintf((out)->to ? (out)->to + (out)->used : NULL,                            \
                                      (out)->to ? (out)->room - (out)->used : 0, __VA_ARGS__))

static void add_fields(struct text *out, const struct field *f, u32 n)
{
    for (; n > 0; n--, f++)
        add(out, "\tfield:%s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", f->declaration, f->offset, f->size,
            f->is_signed);
    add(out, "\n");
}

u32 trace_formats_write(char *to, u32 room)
{
    struct text out = {.to = to, .room = room};
    for (u32 i = 0; i < ARRAY_SIZE(events); i++) {
        const struct event *e = &events[i];
        add(&out, "%s\nname: %s\nID: %u\nformat:\n", e->system, e->name, e->id);
        add_fields(&out, common_fields, ARRAY_SIZE(common_fields));
        add_fields(&out, e->fields, e->fields_n);
        add(&out, "print fmt: %s\n", e->print);
        out.used++; /* the NUL that ends the text stays */
    }
    return out.used;
}

const char *trace_event_name(u32 n, const char **system)
{
    *system = events[n].system;
    return events[n].name;
}
