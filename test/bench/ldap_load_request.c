/* Requests made beforehand, and whether what comes back is the answer to them. */
#include "base/text.h"
#include "ldap_load.h"

#define REQUEST_MAX 4096

static struct span encode(struct load *l, const struct ldap_message *m)
{
    struct builder b;
    struct span out;
    builder_in(&b, &l->arena, REQUEST_MAX);
    ldap_put_request(&b, m);
    if (builder_done(&b, &out) != ERR_OK)
        ent_fatal("a request cannot be made");
    return out;
}

static struct span dn_of(struct load *l, struct span name)
{
    return span_str(arena_printf(&l->arena, "%.*s=%.*s,%.*s", SPAN_ARG(l->rdn), SPAN_ARG(name),
                                 SPAN_ARG(l->base)));
}

struct span load_bind_request(struct load *l, int32_t id, struct span dn, struct span password)
{
    struct ldap_message m = {
        .id = id,
        .op = LDAP_BIND_REQUEST,
        .bind = {.version = 3, .name = dn, .auth = LDAP_AUTH_SIMPLE, .password = password}};
    return encode(l, &m);
}

static struct span search_request(struct load *l, int32_t id, struct span name)
{
    struct ldap_filter any = {.kind = LDAP_FILTER_PRESENT, .attr = SPAN_LIT("objectClass")};
    struct ldap_filter same = {.kind = LDAP_FILTER_EQUAL, .attr = l->filter, .value = name};
    bool base = l->kind == LOAD_BASE;
    struct ldap_message m = {.id = id,
                             .op = LDAP_SEARCH_REQUEST,
                             .search = {.base = base ? dn_of(l, name) : l->base,
                                        .scope = base ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE,
                                        .filter = base ? &any : &same,
                                        .attrs = l->attrs,
                                        .attr_count = l->attr_count}};
    return encode(l, &m);
}

static struct span modify_request(struct load *l, int32_t id, struct span name)
{
    struct span value =
        span_str(arena_printf(&l->arena, "%.*s changed %d", SPAN_ARG(l->tag), (int)id));
    struct ldap_change change = {
        .op = LDAP_CHANGE_REPLACE,
        .attr = {.name = SPAN_LIT("description"), .values = &value, .count = 1}};
    struct ldap_message m = {.id = id,
                             .op = LDAP_MODIFY_REQUEST,
                             .modify = {.dn = dn_of(l, name), .changes = &change, .count = 1}};
    return encode(l, &m);
}

/* The same facts for both kinds of schema. */
static struct span add_request(struct load *l, int32_t id)
{
    bool ad = span_eq(l->accounts, SPAN_LIT("ad"));
    struct span name = span_str(arena_printf(&l->arena, "%.*s%06d", SPAN_ARG(l->tag), (int)id));
    struct span mail = span_str(arena_printf(&l->arena, "%.*s@bench.example.com", SPAN_ARG(name)));
    struct span class = ad ? SPAN_LIT("user") : SPAN_LIT("inetOrgPerson");
    struct ldap_attribute attrs[] = {
        {.name = SPAN_LIT("objectClass"), .values = &class, .count = 1},
        {.name = ad ? SPAN_LIT("sAMAccountName") : SPAN_LIT("uid"), .values = &name, .count = 1},
        {.name = SPAN_LIT("cn"), .values = &name, .count = 1},
        {.name = SPAN_LIT("sn"), .values = &name, .count = 1},
        {.name = SPAN_LIT("givenName"), .values = &name, .count = 1},
        {.name = SPAN_LIT("displayName"), .values = &name, .count = 1},
        {.name = SPAN_LIT("mail"), .values = &mail, .count = 1},
    };
    struct ldap_message m = {
        .id = id,
        .op = LDAP_ADD_REQUEST,
        .add = {.dn = dn_of(l, name), .attrs = attrs, .count = sizeof(attrs) / sizeof(attrs[0])}};
    return encode(l, &m);
}

/* Neighbours in the load are no neighbours in the directory. */
static unsigned user_of(const struct load *l, unsigned i)
{
    return (unsigned)((uint64_t)i * 7919 % l->users);
}

void load_make_request(struct load *l, unsigned i)
{
    struct load_request *r = &l->request[i];
    int32_t id = (int32_t)i + 1;
    r->user = user_of(l, i);
    const struct load_user *u = &l->user[r->user];
    switch (l->kind) {
    case LOAD_BASE:
    case LOAD_EQUALITY:
        r->bytes = search_request(l, id, u->name);
        return;
    case LOAD_BIND:
    case LOAD_CONNECT:
        r->bytes = load_bind_request(l, id, dn_of(l, u->name), u->password);
        return;
    case LOAD_ADD:
        r->bytes = add_request(l, id);
        return;
    case LOAD_MODIFY:
        r->bytes = modify_request(l, id, u->name);
        return;
    }
}

/* --- replies ------------------------------------------------------------------------------------
 */

_Noreturn static void wrong(unsigned i, const char *what)
{
    ent_fatal("reply %u: %s", i, what);
}

/* Each attribute that was asked for, once, with one value that has the user's number in it. */
static void check_entry(struct load *l, unsigned i, const struct ldap_response *r)
{
    struct span name = l->user[l->request[i].user].name;
    struct span number = span_sub(name, name.len < 5 ? 0 : name.len - 5, name.len);
    if (!ascii_eq_fold(r->dn, dn_of(l, name)))
        wrong(i, "another entry");
    if (r->attr_count != l->attr_count)
        wrong(i, "more or fewer attributes than asked for");
    for (unsigned k = 0; k < l->attr_count; k++) {
        const char *asked = arena_dup_str(&l->arena, l->attrs[k]);
        const struct ldap_attribute *a = ldap_response_attr(r, asked);
        if (!a || a->count != 1)
            wrong(i, "an attribute is missing");
        else if (!memmem(a->values[0].ptr, a->values[0].len, number.ptr, number.len))
            wrong(i, "a value is another entry's");
    }
    l->checked++;
}

static bool sampled(const struct load *l, unsigned i)
{
    return i % (l->count / LOAD_SAMPLES_MAX + 1) == 0;
}

static bool is_search(const struct load *l)
{
    return l->kind == LOAD_BASE || l->kind == LOAD_EQUALITY;
}

static enum ldap_op last_reply(const struct load *l)
{
    static const enum ldap_op op[] = {
        [LOAD_BASE] = LDAP_SEARCH_DONE,   [LOAD_EQUALITY] = LDAP_SEARCH_DONE,
        [LOAD_BIND] = LDAP_BIND_RESPONSE, [LOAD_CONNECT] = LDAP_BIND_RESPONSE,
        [LOAD_ADD] = LDAP_ADD_RESPONSE,   [LOAD_MODIFY] = LDAP_MODIFY_RESPONSE,
    };
    return op[l->kind];
}

static struct ldap_response *decoded(struct load *l, struct span message)
{
    struct ldap_response *r;
    if (ldap_decode_response(message, &l->arena, &r) != ERR_OK)
        ent_fatal("a reply cannot be read");
    return r;
}

/* The result code stands first in the operation: 0a 01 00 for success. What is not that short is
 * read whole. */
static void check_result(struct load *l, unsigned i, struct span message)
{
    static const uint8_t success[] = {0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00};
    if (message.len > sizeof(success) && memmem(message.ptr, message.len, success, sizeof(success)))
        return;
    struct ldap_response *r = decoded(l, message);
    if (r->code != LDAP_SUCCESS)
        ent_fatal("reply %u: %s: %.*s", i, ldap_code_name(r->code), SPAN_ARG(r->message));
}

bool load_take_reply(struct load *l, struct span message, unsigned *which_out)
{
    int32_t id;
    uint8_t op;
    if (ldap_decode_id(message, &id, &op) != ERR_OK || id < 1 || (unsigned)id > l->count)
        ent_fatal("a reply to nothing that was asked");
    unsigned i = (unsigned)id - 1;
    struct load_request *r = &l->request[i];
    l->reply_bytes += message.len;
    if (op == LDAP_SEARCH_ENTRY && is_search(l)) {
        r->entries++;
        if (sampled(l, i))
            check_entry(l, i, decoded(l, message));
        return false;
    }
    if (op != last_reply(l) || r->took)
        wrong(i, "not of the right kind");
    check_result(l, i, message);
    if (is_search(l) && r->entries != 1)
        wrong(i, "not one entry");
    *which_out = i;
    return true;
}
