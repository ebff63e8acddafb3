#include "trust/transit.h"

#include "base/text.h"

/* --- which trusts may follow each other ---------------------------------------------------------
 */

#define OK    REASON_NONE
#define NT    REASON_TRANSIT_NON_TRANSITIVE
#define CHAIN REASON_TRANSIT_FOREST_CHAIN
#define NOKRB REASON_TRANSIT_NOT_KERBEROS

/* clang-format off */
static const enum reason paths[TRUST_KIND__COUNT][TRUST_KIND__COUNT] = {
    /* table: transit_paths -- from a row to: local, within, forest, external, realm, non-transitive realm, none */
    [TRUST_KIND_LOCAL] = {OK, OK, OK, OK, OK, OK, NOKRB},
    [TRUST_KIND_WITHIN] = {OK, OK, OK, NT, OK, NT, NOKRB},
    [TRUST_KIND_FOREST] = {OK, OK, CHAIN, NT, CHAIN, NT, NOKRB},
    [TRUST_KIND_EXTERNAL] = {OK, NT, NT, NT, NT, NT, NOKRB},
    [TRUST_KIND_REALM] = {OK, OK, CHAIN, NT, CHAIN, NT, NOKRB},
    [TRUST_KIND_REALM_NT] = {OK, NT, NT, NT, NT, NT, NOKRB},
    [TRUST_KIND_NONE] = {NOKRB, NOKRB, NOKRB, NOKRB, NOKRB, NOKRB, NOKRB},
    /* end table */
};
/* clang-format on */

enum reason trust_path_check(const struct trust *from, const struct trust *to)
{
    enum reason r = paths[trust_kind_of(from)][trust_kind_of(to)];

    if (from && !(from->direction & TRUST_OUTBOUND))
        return REASON_TRANSIT_NOT_OUTGOING;
    if (to && !(to->direction & TRUST_INBOUND))
        return REASON_TRANSIT_NOT_INCOMING;
    return r;
}

static bool may_bring(const struct trust *from, struct span realm)
{
    switch (trust_kind_of(from)) {
    case TRUST_KIND_WITHIN:
        return true;
    case TRUST_KIND_FOREST:
        return ascii_eq_fold(realm, from->dns_name) || trust_claims_name(from, realm) > 0;
    default:
        return ascii_eq_fold(realm, from->dns_name);
    }
}

enum reason trust_transited_check(const struct trust *from, const struct span *realms,
                                  unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!may_bring(from, realms[i]))
            return REASON_TRANSIT_NOT_CLAIMED;
    return REASON_NONE;
}

/* --- reading the transited field ----------------------------------------------------------------
 */

struct decoder {
    struct reader in;
    struct arena *a;
    struct span realms[TRANSIT_REALMS_MAX];
    unsigned count;
    struct span before; /* the realm that the next one is relative to; at first the client's */
    bool fill;          /* an empty subfield stands before the next one */
    enum err err;
};

struct subfield {
    uint8_t text[TRANSIT_REALM_MAX];
    size_t len;
    bool absolute; /* began with a space: no abbreviation */
    bool prefix;   /* ends with an unquoted dot: stands before the realm before */
    bool suffix;   /* begins with a slash: stands behind it */
    bool more;     /* a comma followed */
};

/* One subfield, quotes removed. A backslash makes the byte after it ordinary. */
static enum err read_subfield(struct reader *in, struct subfield *out)
{
    *out = (struct subfield){0};
    for (bool first = true; reader_left(in) > 0; first = false) {
        uint8_t c = reader_u8(in);
        bool quoted = c == '\\';

        if (quoted && reader_left(in) == 0)
            return ERR_MALFORMED;
        if (quoted)
            c = reader_u8(in);
        if (c == ',' && !quoted) {
            out->more = true;
            return ERR_OK;
        }
        if (c == 0)
            return ERR_MALFORMED;
        if (first && c == ' ' && !quoted) {
            out->absolute = true;
            continue;
        }
        if (out->len == sizeof(out->text))
            return ERR_LIMIT;
        out->suffix = out->suffix || (first && c == '/' && !quoted);
        out->prefix = c == '.' && !quoted;
        out->text[out->len++] = c;
    }
    return ERR_OK;
}

static void add_realm(struct decoder *d, struct span realm)
{
    if (d->count == TRANSIT_REALMS_MAX) {
        d->err = ERR_LIMIT;
        return;
    }
    d->realms[d->count++] = realm;
}

static void reverse(struct span *list, unsigned count)
{
    for (unsigned i = 0; i + 1 < count - i; i++) {
        struct span swap = list[i];

        list[i] = list[count - 1 - i];
        list[count - 1 - i] = swap;
    }
}

/* X.500 names grow to the right, and their superiors are what stands before a slash. */
static bool x500_under(struct span low, struct span high)
{
    return high.len > 0 && high.len < low.len && high.ptr[0] == '/' && low.ptr[high.len] == '/' &&
           memcmp(low.ptr, high.ptr, high.len) == 0;
}

/* Realms of the hierarchy strictly between two, of which one lies under the other; nearest to a
 * first. A pair that is not in line has none that anybody could name, and MIT's library refuses it
 * as well. */
static void add_between(struct decoder *d, struct span a, struct span b)
{
    bool up = a.len > b.len;
    struct span low = up ? a : b, high = up ? b : a;
    bool x500 = x500_under(low, high);
    unsigned first = d->count;

    if (span_eq(a, b))
        return;
    if (!x500 && !dns_name_under(low, high)) {
        d->err = ERR_MALFORMED;
        return;
    }
    for (size_t i = 0; i < low.len && d->err == ERR_OK; i++) {
        if (!x500 && low.ptr[i] == '.' && low.len - i - 1 > high.len)
            add_realm(d, span_sub(low, i + 1, SIZE_MAX));
        if (x500 && low.ptr[i] == '/' && i > high.len)
            add_realm(d, span_sub(low, 0, i));
    }
    if (up == x500) /* found from the other end */
        reverse(d->realms + first, d->count - first);
}

/* The realm that a subfield stands for, in the arena. */
static struct span expand(struct decoder *d, const struct subfield *f)
{
    struct span text = span_of(f->text, f->len), first = text, second = SPAN_NONE, out;
    struct builder b;

    if (!f->absolute && f->prefix)
        second = d->before;
    if (!f->absolute && f->suffix && d->count > 0) {
        first = d->before;
        second = text;
    }
    builder_in(&b, d->a, TRANSIT_REALM_MAX);
    builder_span(&b, first);
    builder_span(&b, second);
    d->err = builder_done(&b, &out);
    return d->err == ERR_OK ? out : SPAN_NONE;
}

static void take_subfield(struct decoder *d, const struct subfield *f)
{
    if (f->len == 0) {
        if (f->absolute)
            d->err = ERR_MALFORMED;
        d->fill = true;
        return;
    }
    if (!f->absolute && f->prefix && d->count == 0) {
        d->err = ERR_MALFORMED; /* relative to nothing */
        return;
    }
    struct span realm = expand(d, f);
    if (d->err == ERR_OK && d->fill)
        add_between(d, d->before, realm);
    d->fill = false;
    if (d->err == ERR_OK)
        add_realm(d, realm);
    d->before = realm;
}

enum err transit_decode(struct span contents, struct span client, struct span server,
                        struct arena *a, struct span **realms_out, unsigned *count_out)
{
    struct decoder d = {.in = reader_of(contents), .a = a, .before = client};
    struct subfield f = {.more = contents.len > 0};

    if (contents.len > TRANSIT_CONTENTS_MAX)
        return ERR_LIMIT;
    while (f.more && d.err == ERR_OK) {
        d.err = read_subfield(&d.in, &f);
        if (d.err == ERR_OK)
            take_subfield(&d, &f);
    }
    if (d.err == ERR_OK && d.fill)
        add_between(&d, d.before, server);
    if (d.err != ERR_OK)
        return d.err;
    struct span *realms = arena_dup(a, d.realms, d.count * sizeof(d.realms[0]));
    if (!realms)
        return ERR_NOMEM;
    *realms_out = realms;
    *count_out = d.count;
    return ERR_OK;
}

/* --- writing it ---------------------------------------------------------------------------------
 */

/* A realm written out in full: nothing in it may look like an abbreviation. */
static void put_realm(struct builder *b, struct span realm)
{
    if (realm.ptr[0] == '/')
        builder_u8(b, ' ');
    for (size_t i = 0; i < realm.len; i++) {
        uint8_t c = realm.ptr[i];
        bool last_dot = c == '.' && i + 1 == realm.len, first_space = c == ' ' && i == 0;

        if (c == ',' || c == '\\' || last_dot || first_space)
            builder_u8(b, '\\');
        builder_u8(b, c);
    }
}

enum err transit_add(struct span contents, struct span realm, struct span client,
                     struct span server, struct arena *a, struct span *out)
{
    struct span *known;
    unsigned count;
    struct builder b;

    if (realm.len == 0 || realm.len > TRANSIT_REALM_MAX || memchr(realm.ptr, 0, realm.len))
        return ERR_MALFORMED;
    TRY(transit_decode(contents, client, realm, a, &known, &count));
    bool there = span_eq(realm, client) || span_eq(realm, server);
    for (unsigned i = 0; i < count; i++)
        there = there || span_eq(known[i], realm);
    if (there) {
        *out = contents;
        return ERR_OK;
    }
    if (count == TRANSIT_REALMS_MAX)
        return ERR_LIMIT;
    builder_in(&b, a, TRANSIT_CONTENTS_MAX);
    builder_span(&b, contents);
    if (contents.len > 0)
        builder_u8(&b, ',');
    put_realm(&b, realm);
    return builder_done(&b, out);
}
