/*
 * Conditional forwarders. AWS makes and changes them by two operations, ours puts them by one: what
 * is there decides which of the two is refused.
 */
#include "base/text.h"
#include "control/aws_call.h"

/* Names are kept without a dot at the end. */
static struct span domain_of(struct span name)
{
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    return name;
}

static const json_t *named(const json_t *list, struct span domain)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (ascii_eq_fold(span_str(json_string_value(json_object_get(one, "domain"))), domain))
            return one;
    }
    return NULL;
}

static json_t *shown(const json_t *forwarder)
{
    json_t *v4 = json_array(), *v6 = json_array(), *address;
    size_t i;
    json_array_foreach(json_object_get(forwarder, "addresses"), i, address)
        json_array_append(strchr(json_string_value(address), ':') ? v6 : v4, address);
    return json_pack("{s:O, s:o, s:o, s:s}", "RemoteDomainName",
                     json_object_get(forwarder, "domain"), "DnsIpAddrs", v4, "DnsIpv6Addrs", v6,
                     "ReplicationScope", "Domain");
}

static enum err missing(struct aws_call *call, struct span domain)
{
    return aws_refuse(call, aws_error(call->op, AWS_MISSING), REASON_CONTROL_NO_OBJECT,
                      "There is no conditional forwarder for %.*s.", SPAN_ARG(domain));
}

/* Of a trust's partner that has no forwarder there is one without addresses: a refresh of the trust
 * by Terraform asks for exactly one, and would fail. */
static enum err pick_partner(struct aws_call *call, struct span domain, json_t *into)
{
    json_t *trusts, *one, *none = NULL;
    size_t i;
    TRY(aws_do(call, OP_TRUST_LIST, json_object(), &trusts));
    json_array_foreach(trusts, i, one)
    {
        json_t *partner = json_object_get(one, "partner");
        if (!none && ascii_eq_fold(span_str(json_string_value(partner)), domain))
            none = json_pack("{s:O, s:[]}", "domain", partner, "addresses");
    }
    json_decref(trusts);
    if (!none)
        return missing(call, domain);
    json_array_append_new(into, shown(none));
    json_decref(none);
    return ERR_OK;
}

static enum err pick(struct aws_call *call, const json_t *list, json_t *into)
{
    const json_t *names = json_object_get(call->in, "RemoteDomainNames");
    size_t i;
    json_t *one;
    if (json_array_size(names) == 0) {
        json_array_foreach((json_t *)list, i, one) json_array_append_new(into, shown(one));
        return ERR_OK;
    }
    json_array_foreach((json_t *)names, i, one)
    {
        struct span domain = domain_of(span_str(json_string_value(one)));
        const json_t *found = named(list, domain);
        if (found)
            json_array_append_new(into, shown(found));
        else
            TRY(pick_partner(call, domain, into));
    }
    return ERR_OK;
}

enum err aws_describe_conditional_forwarders(struct aws_call *call)
{
    json_t *list, *out;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(aws_do(call, OP_FORWARDER_LIST, json_object(), &list));
    out = json_array();
    call->out = json_pack("{s:o}", "ConditionalForwarders", out);
    enum err e = pick(call, list, out);
    json_decref(list);
    return e;
}

static enum err exists(struct aws_call *call, struct span domain, bool *out)
{
    json_t *list;
    TRY(aws_do(call, OP_FORWARDER_LIST, json_object(), &list));
    *out = named(list, domain) != NULL;
    json_decref(list);
    return ERR_OK;
}

static enum err put(struct aws_call *call, struct span domain)
{
    json_t *args = json_object(), *servers = json_array();
    json_array_extend(servers, json_object_get(call->in, "DnsIpAddrs"));
    json_array_extend(servers, json_object_get(call->in, "DnsIpv6Addrs"));
    if (json_array_size(servers) == 0) {
        json_decref(args);
        json_decref(servers);
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "DnsIpAddrs or DnsIpv6Addrs: expected an address at least.");
    }
    control_set_span(args, "domain", domain);
    json_object_set_new(args, "address", servers);
    return aws_do(call, OP_FORWARDER_CREATE, args, NULL);
}

/* The writer's answer is waited for, and others are served: who makes the same meanwhile is told.
 */
static enum err make(struct aws_call *call, struct span domain)
{
    json_t *making = call->c.directory->making;
    const char *key = arena_printf(call->a, "forwarder %.*s", SPAN_ARG(domain));
    bool there = false;
    if (!key)
        return ERR_NOMEM;
    TRY(exists(call, domain, &there));
    if (there || json_object_get(making, key))
        return aws_refuse(call, "EntityAlreadyExistsException", REASON_CONTROL_EXISTS,
                          "There is a conditional forwarder for %.*s already.", SPAN_ARG(domain));
    json_object_set_new(making, key, json_true());
    enum err e = put(call, domain);
    json_object_del(making, key);
    return e;
}

enum err aws_create_conditional_forwarder(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    return make(call, ascii_lower(call->a, domain_of(aws_text(call, "RemoteDomainName"))));
}

enum err aws_update_conditional_forwarder(struct aws_call *call)
{
    struct span domain = domain_of(aws_text(call, "RemoteDomainName"));
    bool there = false;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(exists(call, domain, &there));
    return there ? put(call, domain) : missing(call, domain);
}

enum err aws_delete_conditional_forwarder(struct aws_call *call)
{
    struct span domain = domain_of(aws_text(call, "RemoteDomainName"));
    json_t *args = json_object();
    control_set_span(args, "domain", domain);
    enum err e = aws_directory_of(call);
    if (e == ERR_OK)
        e = aws_active(call);
    if (e == ERR_OK)
        return aws_do(call, OP_FORWARDER_DELETE, args, NULL);
    json_decref(args);
    return e;
}
