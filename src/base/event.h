/*
 * A structured event: one per decision, made where the decision is known, written by a sink that
 * plat provides. An event is a name, a reason (REASON_NONE for success) and up to EVENT_FIELDS_MAX
 * named values, which are text or numbers, never secrets.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/reasons.h"
#include "base/times.h"

#define EVENT_FIELDS_MAX 16

struct event_field {
    const char *name;
    struct span text; /* used when ptr is not NULL */
    int64_t number;
};

struct event {
    utime time;
    const char *name; /* "kdc.as", "trust.verify", "ldap.bind" */
    enum reason reason;
    unsigned count;
    struct event_field fields[EVENT_FIELDS_MAX];
};

struct event_sink {
    void (*write)(void *ctx, const struct event *ev);
    void *ctx;
};

void event_init(struct event *ev, utime now, const char *name, enum reason reason);
/* Views are kept, not copied. Beyond EVENT_FIELDS_MAX a field is dropped. */
void event_text(struct event *ev, const char *name, struct span value);
void event_num(struct event *ev, const char *name, int64_t value);
/* One JSON object, no newline; control characters escaped, malformed UTF-8 replaced. Returns the
 * length written; what does not fit is cut at a field boundary. */
size_t event_to_json(const struct event *ev, char *out, size_t cap);
/* The same for people: "TIME EVENT name=value ...", where a value that is empty or has a blank, a
 * quotation mark or '=' is as in JSON. A reason that is NONE is left out. */
size_t event_to_line(const struct event *ev, char *out, size_t cap);

static inline void event_emit(const struct event_sink *sink, const struct event *ev)
{
    if (sink && sink->write)
        sink->write(sink->ctx, ev);
}

#endif
