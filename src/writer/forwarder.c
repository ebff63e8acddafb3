#include "base/text.h"
#include "wire/ms/dnsp.h"
#include "writer/values.h"

#include <arpa/inet.h>

/* Conditional forwarders: dnsZone objects of type forwarder with the addresses of the other side's
 * DNS servers, as Active Directory's DNS keeps them ([MS-DNSP] 2.3.2.1.1). They live in the
 * DomainDnsZones partition; one that another server put under CN=System is found and changed there.
 */

static enum err zones(struct op *op, bool system, struct dir_obj *out)
{
    struct dir_obj container;
    dir_id parent = op->naming.domain_dns_nc;
    if (system) {
        TRY(dir_child(op->s, op->naming.domain_nc, SPAN_LIT("System"), &container));
        parent = container.id;
    }
    return dir_child(op->s, parent, SPAN_LIT("MicrosoftDNS"), out);
}

static bool parse_address(struct span text, struct dnsp_address *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (!text.len || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    out->len = 4;
    if (inet_pton(AF_INET, copy, out->bytes) == 1)
        return true;
    out->len = 16;
    return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

static enum err invalid(struct op *op, const char *why)
{
    return op_refuse(op, ERR_RANGE, REASON_DIR_FORWARDER_INVALID, "forwarder for \"%.*s\": %s",
                     SPAN_ARG(op->in->target), why);
}

static enum err zone_name(struct op *op, struct span *out)
{
    struct span wire, name = ascii_lower(op->a, op->in->target);
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] >= 0x7f || strchr(",+\"\\<>;=#*", name.ptr[i]))
            return invalid(op, "the name is not a DNS name");
    if (!name.len || dnsp_name_from_text(name, op->a, &wire) != ERR_OK)
        return invalid(op, "the name is not a DNS name");
    if (dns_name_under(name, op->naming.dns_name) || dns_name_under(name, op->naming.forest_name))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_FORWARDER_LOCAL,
                         "%.*s belongs to a zone of this forest", SPAN_ARG(name));
    *out = name;
    return ERR_OK;
}

/* The forwarder's object; ERR_NOT_FOUND. A zone of another type by that name is a refusal. */
static enum err find(struct op *op, struct span name, struct dir_obj *out)
{
    for (int system = 0; system < 2; system++) {
        struct dir_obj container;
        struct dir_values values;
        struct span v;
        struct dnsp_property p;
        TRY(zones(op, system, &container));
        enum err e = dir_child(op->s, container.id, name, out);
        if (e == ERR_NOT_FOUND)
            continue;
        TRY(e);
        for (bool more = dir_attr(out, ATTR_dNSProperty, &values);
             more && dir_values_next(&values, &v);)
            if (dnsp_property_decode(v, &p) == ERR_OK && p.id == DNSP_PROPERTY_ZONE_TYPE &&
                p.data.len == 4 && p.data.ptr[0] == DNSP_ZONE_FORWARDER)
                return ERR_OK;
        return op_refuse(op, ERR_EXISTS, REASON_DIR_FORWARDER_LOCAL,
                         "%.*s is a zone of this server", SPAN_ARG(name));
    }
    return ERR_NOT_FOUND;
}

static enum err add_property(struct draft *d, uint32_t id, struct span data)
{
    struct builder b;
    struct span out;
    builder_in(&b, d->op->a, 65536);
    dnsp_property_put(&b, id, data);
    TRY(builder_done(&b, &out));
    return draft_add(d, ATTR_dNSProperty, out, NULL);
}

static enum err properties(struct draft *d, const struct dnsp_address *list, unsigned count)
{
    struct builder all, old;
    struct span data;
    const uint8_t forwarder[4] = {DNSP_ZONE_FORWARDER}, no_update[1] = {DNSP_UPDATE_OFF};
    unsigned ip4 = 0;
    draft_clear(d, ATTR_dNSProperty);
    TRY(add_property(d, DNSP_PROPERTY_ZONE_TYPE, span_of(forwarder, 4)));
    TRY(add_property(d, DNSP_PROPERTY_ALLOW_UPDATE, span_of(no_update, 1)));
    builder_in(&all, d->op->a, 65536);
    dnsp_masters_put(&all, list, count);
    TRY(builder_done(&all, &data));
    TRY(add_property(d, DNSP_PROPERTY_MASTERS, data));
    /* The older list, for servers that read only that one. */
    builder_in(&old, d->op->a, 4096);
    for (unsigned i = 0; i < count; i++)
        ip4 += list[i].len == 4;
    builder_le32(&old, ip4);
    for (unsigned i = 0; i < count; i++)
        if (list[i].len == 4)
            builder_bytes(&old, list[i].bytes, 4);
    TRY(builder_done(&old, &data));
    return add_property(d, DNSP_PROPERTY_MASTERS_IP4, data);
}

static enum err may(struct op *op)
{
    return op_system(op) ? ERR_OK
                         : op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                                     "forwarders are made by the service alone");
}

enum err op_forwarder_put(struct op *op)
{
    struct dnsp_address list[DNSP_MASTERS_MAX];
    struct dir_obj o, container;
    struct draft d;
    struct span name;
    TRY(may(op));
    TRY(zone_name(op, &name));
    if (!op->in->server_count || op->in->server_count > DNSP_MASTERS_MAX)
        return invalid(op, "1 to 64 addresses are needed");
    for (unsigned i = 0; i < op->in->server_count; i++) {
        list[i] = (struct dnsp_address){0};
        if (!parse_address(op->in->servers[i], &list[i]))
            return invalid(op, "a server is neither an IPv4 nor an IPv6 address");
    }
    enum err e = find(op, name, &o);
    if (e == ERR_NOT_FOUND) {
        TRY(zones(op, false, &container));
        draft_begin(op, container.id, schema_class(CLASS_dnsZone), name, &d);
        TRY(object_defaults(&d));
        TRY(descriptor_new(&d, &container, SPAN_NONE));
    } else {
        TRY(e);
        TRY(draft_load(op, &o, &d));
    }
    TRY(properties(&d, list, op->in->server_count));
    op->reply->id = d.id;
    draft_write(&d);
    return ERR_OK;
}

enum err op_forwarder_delete(struct op *op)
{
    struct dir_obj o;
    struct span name;
    TRY(may(op));
    TRY(zone_name(op, &name));
    enum err e = find(op, name, &o);
    if (e == ERR_NOT_FOUND)
        return op_refuse(op, e, REASON_DIR_NO_OBJECT, "there is no forwarder for %.*s",
                         SPAN_ARG(name));
    TRY(e);
    op->reply->id = o.id;
    return delete_object(op, &o);
}
