#include "base/builder.h"
#include "base/text.h"
#include "directory/provision_internal.h"

#define EXPANDED_MAX 65536

static void put_sid(struct builder *b, const struct sid *sid)
{
    char text[SID_TEXT_SIZE];
    sid_to_text(sid, text);
    builder_printf(b, "%s", text);
}

/* Where accounts go that are given no place of their own. */
static void put_default(const struct provision *p, const char *name, struct builder *b)
{
    if (p->args->managed)
        builder_printf(b, "OU=%s,OU=%.*s,%.*s", name, SPAN_ARG(p->flat_name),
                       SPAN_ARG(p->domain_dn));
    else
        builder_printf(b, "CN=%s,%.*s", name, SPAN_ARG(p->domain_dn));
}

static enum err put_name(const struct provision *p, char letter, struct builder *b)
{
    switch (letter) {
    case 'D':
        builder_span(b, p->domain_dn);
        break;
    case 'C':
        builder_span(b, p->config_dn);
        break;
    case 'S':
        builder_span(b, p->schema_dn);
        break;
    case 'X':
        builder_span(b, p->domain_zones_dn);
        break;
    case 'Y':
        builder_span(b, p->forest_zones_dn);
        break;
    case 'n':
    case 'f':
        builder_span(b, p->dns_name);
        break;
    case 'b':
        builder_span(b, p->flat_name);
        break;
    case 'd':
        put_sid(b, &p->sid);
        break;
    case 'A':
        put_sid(b, &p->dns_admins);
        break;
    case 'a':
        builder_span(b, p->admin);
        break;
    case 's':
        builder_span(b, p->site);
        break;
    case 'u':
        put_default(p, "Users", b);
        break;
    case 'c':
        put_default(p, "Computers", b);
        break;
    case 'o':
        builder_span(b, p->ntds_dn);
        break;
    case 't':
        builder_printf(b, "%lld", (long long)utime_to_filetime(p->args->now));
        break;
    case 'l':
        builder_printf(b, "%d", PROVISION_LEVEL);
        break;
    default:
        return ERR_MALFORMED;
    }
    return ERR_OK;
}

static enum err put_guid(struct span name, struct builder *b)
{
    const struct schema_attr *attr = schema_attr_by_name(name);
    const struct schema_class *cls = schema_class_by_name(name);
    char text[GUID_TEXT_SIZE];
    for (unsigned i = 0; i < provision_right_count; i++) {
        if (span_eq(span_str(provision_rights[i].name), name)) {
            builder_printf(b, "%s", provision_rights[i].guid);
            return ERR_OK;
        }
    }
    if (!attr && !cls)
        return ERR_NOT_FOUND;
    guid_to_text(attr ? &attr->guid : &cls->guid, text);
    builder_printf(b, "%s", text);
    return ERR_OK;
}

/* %(NAME) and %{NAME}; *at is behind the closing bracket afterwards. */
static enum err put_named(const struct provision *p, const char **at, struct builder *b)
{
    const char *s = *at, *end = strchr(s, *s == '(' ? ')' : '}');
    struct sid sid;
    if (!end)
        return ERR_MALFORMED;
    struct span name = span_of(s + 1, (size_t)(end - s) - 1);
    *at = end + 1;
    if (*s == '(')
        return put_guid(name, b);
    TRY(provision_delegate_sid(p, name, &sid));
    put_sid(b, &sid);
    return ERR_OK;
}

enum err provision_expand(const struct provision *p, const char *text, struct arena *a,
                          struct span *out)
{
    struct builder b;
    builder_in(&b, a, EXPANDED_MAX);
    for (const char *s = text; *s;) {
        const char *percent = strchr(s, '%');
        builder_bytes(&b, s, percent ? (size_t)(percent - s) : strlen(s));
        if (!percent)
            break;
        s = percent + 1;
        if (*s == '(' || *s == '{')
            TRY(put_named(p, &s, &b));
        else
            TRY(put_name(p, *s++, &b));
    }
    return builder_done(&b, out);
}

struct span provision_dc_host(const struct provision *p, unsigned i, struct arena *a)
{
    struct span name = ascii_lower(a, p->args->dcs[i].name);
    return span_str(arena_printf(a, "%.*s.%.*s", SPAN_ARG(name), SPAN_ARG(p->dns_name)));
}

struct span provision_dc_cn(const struct provision *p, unsigned i, struct arena *a)
{
    return ascii_upper(a, p->args->dcs[i].name);
}
