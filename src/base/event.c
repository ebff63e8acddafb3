#include "base/event.h"
#include "base/utf8.h"

void event_init(struct event *ev, utime now, const char *name, enum reason reason)
{
    ev->time = now;
    ev->name = name;
    ev->reason = reason;
    ev->count = 0;
}

void event_text(struct event *ev, const char *name, struct span value)
{
    if (ev->count == EVENT_FIELDS_MAX)
        return;
    /* An empty text is still a text, not a number. */
    ev->fields[ev->count++] =
        (struct event_field){.name = name, .text = value.ptr ? value : SPAN_LIT("")};
}

void event_num(struct event *ev, const char *name, int64_t value)
{
    if (ev->count < EVENT_FIELDS_MAX)
        ev->fields[ev->count++] = (struct event_field){.name = name, .number = value};
}

/* Writes while it fits; once it does not, remembers so and writes nothing more. */
struct sink {
    char *out;
    size_t cap, len;
    bool full;
};

static void put(struct sink *k, const void *ptr, size_t len)
{
    if (k->full || len > k->cap - k->len) {
        k->full = true;
        return;
    }
    memcpy(k->out + k->len, ptr, len);
    k->len += len;
}

static void put_str(struct sink *k, const char *s)
{
    put(k, s, strlen(s));
}

static void put_char(struct sink *k, uint32_t cp, struct span raw)
{
    char esc[8];
    if (cp == '"' || cp == '\\') {
        char pair[2] = {'\\', (char)cp};
        put(k, pair, 2);
    } else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
        int n = snprintf(esc, sizeof(esc), "\\u%04x", (unsigned)cp);
        put(k, esc, (size_t)n);
    } else {
        put(k, raw.ptr, raw.len);
    }
}

/* How many bytes from i on stand for themselves; nearly all do. */
static size_t plain_run(struct span s, size_t i)
{
    size_t n = i;
    while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' && s.ptr[n] != '\\')
        n++;
    return n - i;
}

static void put_text(struct sink *k, struct span s)
{
    put_str(k, "\"");
    for (size_t i = 0; i < s.len && !k->full;) {
        uint32_t cp;
        size_t n = plain_run(s, i);
        if (n) {
            put(k, s.ptr + i, n);
            i += n;
            continue;
        }
        n = utf8_decode(span_sub(s, i, 4), &cp);
        if (n)
            put_char(k, cp, span_sub(s, i, n));
        else
            put_str(k, "\xef\xbf\xbd");
        i += n ? n : 1;
    }
    put_str(k, "\"");
}

static void put_pair(struct sink *k, const char *name, struct span value)
{
    put_str(k, ",");
    put_text(k, span_str(name));
    put_str(k, ":");
    put_text(k, value);
}

static void put_field(struct sink *k, const struct event_field *f)
{
    if (f->text.ptr) {
        put_pair(k, f->name, f->text);
        return;
    }
    char number[24];
    int n = snprintf(number, sizeof(number), "%lld", (long long)f->number);
    put_str(k, ",");
    put_text(k, span_str(f->name));
    put_str(k, ":");
    put(k, number, (size_t)n);
}

size_t event_to_json(const struct event *ev, char *out, size_t cap)
{
    if (cap < 2)
        return 0;
    struct sink k = {.out = out, .cap = cap - 1}; /* the closing brace always fits */
    char time[32];
    utime_to_iso_micro(ev->time, time);
    put_str(&k, "{\"time\":\"");
    put_str(&k, time);
    put_str(&k, "\"");
    put_pair(&k, "event", span_str(ev->name));
    const struct reason_row *row = reason_row(ev->reason);
    put_pair(&k, "reason", span_str(row->code));
    if (ev->reason != REASON_NONE) {
        put_pair(&k, "severity", span_str(reason_severity_name(row->severity)));
        put_pair(&k, "side", span_str(reason_side_name(row->side)));
    }
    if (k.full)
        return 0;
    for (unsigned i = 0; i < ev->count; i++) {
        size_t before = k.len;
        put_field(&k, &ev->fields[i]);
        if (k.full) {
            k.len = before;
            break;
        }
    }
    out[k.len++] = '}';
    return k.len;
}

/* Nothing in it could be taken for the end of the value. */
static bool is_word(struct span s)
{
    return s.len > 0 && plain_run(s, 0) == s.len && !memchr(s.ptr, ' ', s.len) &&
           !memchr(s.ptr, '=', s.len);
}

static void put_assigned(struct sink *k, const char *name, struct span value)
{
    put_str(k, " ");
    put_str(k, name);
    put_str(k, "=");
    if (is_word(value))
        put(k, value.ptr, value.len);
    else
        put_text(k, value);
}

static void put_assigned_field(struct sink *k, const struct event_field *f)
{
    char number[24];
    int n = snprintf(number, sizeof(number), "%lld", (long long)f->number);
    put_assigned(k, f->name, f->text.ptr ? f->text : span_of(number, (size_t)n));
}

size_t event_to_line(const struct event *ev, char *out, size_t cap)
{
    struct sink k = {.out = out, .cap = cap};
    char time[32];
    const struct reason_row *row = reason_row(ev->reason);
    utime_to_iso_micro(ev->time, time);
    put_str(&k, time);
    put_str(&k, " ");
    put_str(&k, ev->name);
    if (ev->reason != REASON_NONE) {
        put_assigned(&k, "reason", span_str(row->code));
        put_assigned(&k, "severity", span_str(reason_severity_name(row->severity)));
        put_assigned(&k, "side", span_str(reason_side_name(row->side)));
    }
    if (k.full)
        return 0;
    for (unsigned i = 0; i < ev->count; i++) {
        size_t before = k.len;
        put_assigned_field(&k, &ev->fields[i]);
        if (k.full) {
            k.len = before;
            break;
        }
    }
    return k.len;
}
