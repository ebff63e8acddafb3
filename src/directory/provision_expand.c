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
        TRY(put_name(p, percent[1], &b));
        s = percent + 2;
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
