#include "wire/krb/krb_name.h"
#include "base/text.h"

bool krb_name_eq(const struct krb_name *a, const struct krb_name *b)
{
    if (a->parts.count != b->parts.count)
        return false;
    for (uint32_t i = 0; i < a->parts.count; i++)
        if (!span_eq(a->parts.items[i], b->parts.items[i]))
            return false;
    return true;
}

bool krb_name_eq_fold(const struct krb_name *a, const struct krb_name *b)
{
    if (a->parts.count != b->parts.count)
        return false;
    for (uint32_t i = 0; i < a->parts.count; i++)
        if (!ascii_eq_fold(a->parts.items[i], b->parts.items[i]))
            return false;
    return true;
}

bool krb_principal_eq(const struct krb_principal *a, const struct krb_principal *b)
{
    return span_eq(a->realm, b->realm) && krb_name_eq(&a->name, &b->name);
}

bool krb_realm_eq(struct span a, struct span b)
{
    return ascii_eq_fold(a, b);
}

bool krb_name_is(const struct krb_name *n, const char *first, const char *second_or_null)
{
    if (n->parts.count != (second_or_null ? 2 : 1))
        return false;
    return ascii_eq_fold(krb_part(n, 0), span_str(first)) &&
           (!second_or_null || ascii_eq_fold(krb_part(n, 1), span_str(second_or_null)));
}

bool krb_name_is_tgs(const struct krb_name *n, struct span *realm_out)
{
    if (n->parts.count != 2 || !ascii_eq_fold(krb_part(n, 0), SPAN_LIT("krbtgt")))
        return false;
    if (realm_out)
        *realm_out = krb_part(n, 1);
    return true;
}

static struct krb_name name_of(int32_t type, const struct span *parts, uint32_t count,
                               struct arena *a)
{
    struct krb_name n = {.type = type};
    struct span *items = arena_new_array(a, count, struct span);
    if (!items)
        return n;
    memcpy(items, parts, count * sizeof(*items));
    n.parts = (struct krb_strings){items, count};
    return n;
}

struct krb_name krb_name_1(int32_t type, struct span first, struct arena *a)
{
    return name_of(type, &first, 1, a);
}

struct krb_name krb_name_2(int32_t type, struct span first, struct span second, struct arena *a)
{
    struct span parts[] = {first, second};
    return name_of(type, parts, 2, a);
}

struct krb_name krb_name_tgs(struct span realm, struct arena *a)
{
    return krb_name_2(KRB_NT_SRV_INST, SPAN_LIT("krbtgt"), realm, a);
}

static struct span before(struct span s, uint8_t separator, struct span *rest_out)
{
    const uint8_t *at = s.len ? memchr(s.ptr, separator, s.len) : NULL;
    size_t len = at ? (size_t)(at - s.ptr) : s.len;
    *rest_out = at ? span_sub(s, len + 1, s.len) : SPAN_NONE;
    return span_sub(s, 0, len);
}

static enum err spn_of(struct span service_class, struct span host_port, struct span service,
                       struct krb_spn *out)
{
    struct krb_spn s = {.service_class = service_class, .service_name = service};
    s.host = before(host_port, ':', &s.port);
    if (s.service_class.len == 0 || s.host.len == 0 || (s.port.ptr && s.port.len == 0))
        return ERR_MALFORMED;
    *out = s;
    return ERR_OK;
}

enum err krb_spn_parse(struct span text, struct krb_spn *out)
{
    struct span rest, service, more;
    struct span service_class = before(text, '/', &rest);
    struct span host = before(rest, '/', &service);
    bool has_service = service.ptr != NULL;
    service = before(service, '/', &more);
    if (more.ptr || (has_service && service.len == 0))
        return ERR_MALFORMED;
    return spn_of(service_class, host, service, out);
}

enum err krb_spn_from_name(const struct krb_name *n, struct krb_spn *out)
{
    if (n->parts.count < 2 || n->parts.count > 3)
        return ERR_MALFORMED;
    if (n->parts.count == 3 && krb_part(n, 2).len == 0)
        return ERR_MALFORMED;
    return spn_of(krb_part(n, 0), krb_part(n, 1), krb_part(n, 2), out);
}
