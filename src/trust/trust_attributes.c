#include "trust/trust_attributes.h"

#include "base/text.h"

#define FOREST_LEVEL_2003 2
#define FLAT_NAME_MAX     15
#define DNS_NAME_MAX      255
#define DNS_LABEL_MAX     63

/* What a rule may ask of the local side and of the type. */
enum condition {
    ALWAYS,
    UNLESS_LEVEL_2003,
    UNLESS_FOREST_ROOT,
    UNLESS_UPLEVEL,
};

/* clang-format off */
/* table: trust_attributes -- refused when all of set are there, some of lacking is not, and the condition
 * holds */
static const struct {
    uint32_t set, lacking;
    enum condition condition;
    enum reason reason;
} rules[] = {
    {TRUST_FOREST_TRANSITIVE | TRUST_WITHIN_FOREST, 0, ALWAYS, REASON_TRUST_FOREST_WITHIN_FOREST},
    {TRUST_CROSS_ORGANIZATION | TRUST_WITHIN_FOREST, 0, ALWAYS, REASON_TRUST_SELECTIVE_WITHIN_FOREST},
    {TRUST_FOREST_TRANSITIVE, 0, UNLESS_UPLEVEL, REASON_TRUST_FOREST_NOT_UPLEVEL},
    {TRUST_FOREST_TRANSITIVE, 0, UNLESS_LEVEL_2003, REASON_TRUST_FOREST_LEVEL},
    {TRUST_CROSS_ORGANIZATION, 0, UNLESS_LEVEL_2003, REASON_TRUST_FOREST_LEVEL},
    {TRUST_FOREST_TRANSITIVE, 0, UNLESS_FOREST_ROOT, REASON_TRUST_FOREST_NOT_ROOT},
    {TRUST_PIM, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, ALWAYS, REASON_TRUST_PIM_INCOMPLETE},
    {TRUST_TREAT_AS_EXTERNAL, TRUST_FOREST_TRANSITIVE, ALWAYS, REASON_TRUST_TREAT_AS_EXTERNAL_ALONE},
};
/* end table */

/* A downlevel trust is kept for the tools that make it; no ticket takes it (TRUST_KIND_NONE). */
/* table: trust_types -- which can be made */
static const bool makeable[] = {
    [TRUST_DOWNLEVEL] = true, 
    [TRUST_UPLEVEL] = true,
    [TRUST_MIT] = true,
    [TRUST_DCE] = false,
    [TRUST_AAD] = false,
};
/* end table */

static const struct {
    uint32_t type, attributes;
} defaults[] = {
    /* table: trust_defaults -- type and attributes of a new trust of each shape */
    [TRUST_SHAPE_EXTERNAL] = {TRUST_UPLEVEL, TRUST_QUARANTINED},
    [TRUST_SHAPE_FOREST] = {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE},
    [TRUST_SHAPE_WITHIN_FOREST] = {TRUST_UPLEVEL, TRUST_WITHIN_FOREST},
    [TRUST_SHAPE_REALM] = {TRUST_MIT, TRUST_NON_TRANSITIVE},
    /* end table */
};

/* table: trust_enctypes -- bits of [MS-KILE] 2.2.7 and Kerberos enctypes, strongest first */
static const struct {
    uint32_t bit;
    int32_t etype;
} enctypes[] = {
    {TRUST_ENC_AES256, 18},
    {TRUST_ENC_AES128, 17},
    {TRUST_ENC_RC4, 23},
};
/* end table */
#define ENCTYPES (sizeof(enctypes) / sizeof(enctypes[0]))

static const struct {
    const char *name, *sentence;
    uint32_t complement;
} directions[TRUST_BOTH + 1] = {
    /* table: trust_directions -- %1 the local domain, %2 the partner */
    [TRUST_DISABLED] = {"Disabled", "Disabled: neither %1 nor %2 can use the other's resources through this trust.", TRUST_DISABLED},
    [TRUST_INBOUND] = {"Incoming", "Incoming: %2 trusts %1, so %1's users can use %2's resources, and not the reverse.", TRUST_OUTBOUND},
    [TRUST_OUTBOUND] = {"Outgoing", "Outgoing: %1 trusts %2, so %2's users can use %1's resources, and not the reverse.", TRUST_INBOUND},
    [TRUST_BOTH] = {"Two-way", "Two-way: users of %1 and of %2 can be authenticated by the other; permissions still have to be granted.", TRUST_BOTH},
    /* end table */
};
/* clang-format on */

/* --- names -------------------------------------------------------------------------------------
 */

static bool label_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c >= 0x80;
}

/* Labels of letters, digits, '-' and '_'; other alphabets pass, as Windows lets them. */
static bool is_dns_name(struct span s)
{
    size_t label = 0;

    if (s.len == 0 || s.len > DNS_NAME_MAX || !text_valid(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' && label == 0)
            return false;
        if (s.ptr[i] != '.' && !label_byte(s.ptr[i]))
            return false;
        label = s.ptr[i] == '.' ? 0 : label + 1;
        if (label > DNS_LABEL_MAX)
            return false;
    }
    return label > 0;
}

static size_t characters(struct span utf8)
{
    size_t n = 0;

    for (size_t i = 0; i < utf8.len; i++)
        n += (utf8.ptr[i] & 0xC0) != 0x80;
    return n;
}

static bool is_flat_name(struct span s)
{
    if (s.len == 0 || !text_valid(s) || characters(s) > FLAT_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] == 0x7F || strchr("\\/:*?\"<>|.@", s.ptr[i]))
            return false;
    return true;
}

/* --- identity ----------------------------------------------------------------------------------
 */

struct identity {
    bool dns, flat, sid;
};

static struct identity compare(const struct trust *t, struct span dns, struct span flat,
                               const struct sid *sid)
{
    return (struct identity){.dns = ascii_eq_fold(t->dns_name, dns),
                             .flat = t->flat_name.len > 0 && text_eq_fold(t->flat_name, flat),
                             .sid = t->sid.count > 0 && sid_eq(&t->sid, sid)};
}

static bool any_of(struct identity i)
{
    return i.dns || i.flat || i.sid;
}

static bool all_of(struct identity i)
{
    return i.dns && i.flat && i.sid;
}

/* The three names of a partner are those of one domain of the local forest, or of none; and only
 * the former may have a trust within the forest, over which every SID is believed. */
static enum reason check_against_forest(const struct trust *t, const struct trust_local *l)
{
    struct identity self = compare(t, l->dns_name, l->flat_name, &l->domain_sid);
    bool within = false, sid_of_forest = false;

    if (any_of(self))
        return all_of(self) ? REASON_TRUST_WITH_SELF : REASON_TRUST_IDENTITY_MIXED;
    for (unsigned i = 0; i < l->domain_count; i++) {
        const struct trust_domain *d = &l->domains[i];
        struct identity same = compare(t, d->dns_name, d->flat_name, &d->sid);

        if (any_of(same) && !all_of(same))
            return REASON_TRUST_IDENTITY_MIXED;
        within = within || all_of(same);
    }
    for (unsigned i = 0; i < l->forest_sid_count; i++)
        sid_of_forest = sid_of_forest || (t->sid.count > 0 && sid_eq(&t->sid, &l->forest_sids[i]));
    if (sid_of_forest && !within)
        return REASON_TRUST_IDENTITY_MIXED;
    return within == ((t->attributes & TRUST_WITHIN_FOREST) != 0)
               ? REASON_NONE
               : REASON_TRUST_WITHIN_FOREST_MISMATCH;
}

static enum reason check_identity(const struct trust *t, const struct trust_local *l,
                                  const struct trust *others, unsigned count)
{
    bool realm = t->type == TRUST_MIT; /* has neither a NetBIOS name of its own nor a SID */

    if (!is_dns_name(t->dns_name))
        return REASON_TRUST_NAME_INVALID;
    if (!is_flat_name(t->flat_name) && !(realm && t->flat_name.len == 0))
        return REASON_TRUST_FLAT_NAME_INVALID;
    if (t->sid.count > 0 && !sid_is_domain(&t->sid))
        return REASON_TRUST_SID_INVALID;
    enum reason r = check_against_forest(t, l);
    if (r != REASON_NONE)
        return r;
    for (unsigned i = 0; i < count; i++)
        if (any_of(compare(t, others[i].dns_name, others[i].flat_name, &others[i].sid)))
            return REASON_TRUST_EXISTS;
    return REASON_NONE;
}

/* --- attributes --------------------------------------------------------------------------------
 */

static bool holds(enum condition c, const struct trust *t, const struct trust_site *site)
{
    switch (c) {
    case ALWAYS:
        return true;
    case UNLESS_LEVEL_2003:
        return site->forest_level < FOREST_LEVEL_2003;
    case UNLESS_FOREST_ROOT:
        return !site->forest_root;
    case UNLESS_UPLEVEL:
        return t->type != TRUST_UPLEVEL;
    }
    return true;
}

static enum reason check_attributes(const struct trust *t, const struct trust_site *site)
{
    if (t->direction > TRUST_BOTH)
        return REASON_TRUST_DIRECTION_INVALID;
    if (t->type >= sizeof(makeable) / sizeof(makeable[0]) || !makeable[t->type])
        return REASON_TRUST_TYPE_UNSUPPORTED;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        bool set = (t->attributes & rules[i].set) == rules[i].set;
        bool complete = rules[i].lacking && (t->attributes & rules[i].lacking) == rules[i].lacking;

        if (set && !complete && holds(rules[i].condition, t, site))
            return rules[i].reason;
    }
    return REASON_NONE;
}

enum reason trust_check_new(const struct trust *t, const struct trust_local *l,
                            const struct trust_site *site, const struct trust *others,
                            unsigned count)
{
    enum reason r = check_attributes(t, site);

    return r != REASON_NONE ? r : check_identity(t, l, others, count);
}

/* Names and SID stay; a SID that was not known when the trust was made is learned once. */
static bool same_partner(const struct trust *before, const struct trust *after)
{
    return ascii_eq_fold(before->dns_name, after->dns_name) &&
           text_eq_fold(before->flat_name, after->flat_name) &&
           (before->sid.count == 0 || sid_eq(&before->sid, &after->sid));
}

enum reason trust_check_change(const struct trust *before, const struct trust *after,
                               const struct trust_local *l, const struct trust_site *site,
                               const struct trust *others, unsigned count, bool *drop_info_out)
{
    uint32_t changed = before->attributes ^ after->attributes;

    if (!same_partner(before, after) &&
        !(after->type == TRUST_MIT && ascii_eq_fold(before->dns_name, after->dns_name)))
        return REASON_TRUST_CHANGE_IDENTITY;
    if (before->type != after->type)
        return REASON_TRUST_CHANGE_IDENTITY;
    if (changed & TRUST_WITHIN_FOREST)
        return REASON_TRUST_CHANGE_WITHIN_FOREST;
    enum reason r = trust_check_new(after, l, site, others, count);
    if (r == REASON_NONE)
        *drop_info_out = (changed & before->attributes & TRUST_FOREST_TRANSITIVE) != 0;
    return r;
}

uint32_t trust_default_attributes(enum trust_shape shape, bool selective)
{
    return defaults[shape].attributes | (selective ? TRUST_CROSS_ORGANIZATION : 0);
}

uint32_t trust_default_type(enum trust_shape shape)
{
    return defaults[shape].type;
}

/* --- enctypes ----------------------------------------------------------------------------------
 */

uint32_t trust_usable_enctypes(const struct trust *t, uint32_t allowed)
{
    uint32_t bits = t->enctypes & (TRUST_ENC_AES | TRUST_ENC_RC4);

    if (t->enctypes == 0)
        bits = TRUST_DEFAULT_ENCTYPES;
    if (t->type == TRUST_MIT && (t->attributes & TRUST_USES_RC4))
        bits |= TRUST_ENC_RC4;
    return bits & allowed;
}

int32_t trust_strongest_etype(uint32_t bits)
{
    for (size_t i = 0; i < ENCTYPES; i++)
        if (bits & enctypes[i].bit)
            return enctypes[i].etype;
    return 0;
}

uint32_t trust_enctype_bit_of(int32_t etype)
{
    for (size_t i = 0; i < ENCTYPES; i++)
        if (enctypes[i].etype == etype)
            return enctypes[i].bit;
    return 0;
}

/* --- words -------------------------------------------------------------------------------------
 */

const char *trust_direction_name(uint32_t direction)
{
    return directions[direction & TRUST_BOTH].name;
}

uint32_t trust_direction_complement(uint32_t direction)
{
    return directions[direction & TRUST_BOTH].complement;
}

enum err trust_direction_sentence(uint32_t direction, struct span local, struct span remote,
                                  struct arena *a, struct span *out)
{
    struct builder b;

    builder_in(&b, a, 4096);
    for (const char *c = directions[direction & TRUST_BOTH].sentence; *c; c++) {
        if (c[0] != '%') {
            builder_u8(&b, (uint8_t)*c);
            continue;
        }
        c++;
        builder_span(&b, *c == '1' ? local : remote);
    }
    return builder_done(&b, out);
}
