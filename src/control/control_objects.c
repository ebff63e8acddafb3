/*
 * Objects as administrators name them, and the members of the JSON that shows them.
 */
#include "base/text.h"
#include "control/control_call.h"
#include "directory/names.h"
#include "directory/search.h"

#define EXAMINE  4096
#define LIST_MAX 100000 /* what a client takes, and what others may wait for */

void control_set_span(json_t *into, const char *member, struct span text)
{
    json_t *value = json_stringn((const char *)text.ptr, text.len);
    if (value && text.len)
        json_object_set_new(into, member, value);
    else
        json_decref(value);
}

void control_set_text(json_t *into, const char *member, const struct dir_obj *o, uint32_t attr)
{
    struct span value;
    if (dir_attr_first(o, attr, &value))
        control_set_span(into, member, value);
}

void control_set_sid(json_t *into, const char *member, const struct dir_obj *o)
{
    struct span value;
    struct sid sid;
    char text[SID_TEXT_SIZE];
    if (!dir_attr_first(o, ATTR_objectSid, &value) || sid_from_bytes(value, &sid) != ERR_OK)
        return;
    sid_to_text(&sid, text);
    json_object_set_new(into, member, json_string(text));
}

enum err control_dn_of(struct control_call *call, dir_id id, struct span *out)
{
    TRY(control_read(call));
    return dir_dn(&call->snap, id, call->a, out);
}

/* name, FLAT\name, name@domain: the part that is the sAMAccountName. */
static struct span sam_part(struct span name)
{
    const uint8_t *back = name.len ? memchr(name.ptr, '\\', name.len) : NULL;
    if (back)
        return span_sub(name, (size_t)(back - name.ptr) + 1, name.len);
    const uint8_t *at = name.len ? memchr(name.ptr, '@', name.len) : NULL;
    return at ? span_sub(name, 0, (size_t)(at - name.ptr)) : name;
}

/* Whether a name that says its domain says ours. */
static enum err is_ours(struct control_call *call, struct span name)
{
    struct dir_naming naming;
    struct span sam = sam_part(name), domain;
    if (sam.len == name.len)
        return ERR_OK;
    domain = memchr(name.ptr, '\\', name.len) ? span_sub(name, 0, name.len - sam.len - 1)
                                              : span_sub(name, sam.len + 1, name.len);
    TRY(dir_naming(&call->snap, &naming));
    return ascii_eq_fold(domain, naming.flat_name) || ascii_eq_fold(domain, naming.dns_name)
               ? ERR_OK
               : ERR_NOT_FOUND;
}

static enum err look_up(struct control_call *call, struct span name, struct dir_obj *out)
{
    struct sid sid;
    if (sid_from_text(name, &sid) == ERR_OK)
        return dir_by_sid(&call->snap, &sid, out);
    if (memchr(name.ptr, '@', name.len)) {
        enum err e = dir_by_value(&call->snap, ATTR_userPrincipalName, name, out);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    TRY(is_ours(call, name));
    return dir_by_value(&call->snap, ATTR_sAMAccountName, sam_part(name), out);
}

/* A user may be looked for where a computer or a service is meant: all of them are accounts. */
static bool is_a(const struct dir_obj *o, const char *noun)
{
    struct dir_values values;
    if (!noun)
        return true;
    if (strcmp(noun, "group") == 0)
        return o->class_id == CLASS_group;
    if (strcmp(noun, "computer") == 0)
        return o->class_id == CLASS_computer;
    return dir_attr(o, ATTR_userAccountControl, &values);
}

enum err control_find(struct control_call *call, struct span name, const char *noun,
                      struct dir_obj *out)
{
    TRY(control_read(call));
    enum err e = look_up(call, name, out);
    if (e == ERR_OK && ((out->flags & DIR_OBJ_DELETED) || !is_a(out, noun)))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND && !noun)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no account or group %.*s", SPAN_ARG(name));
    if (e == ERR_NOT_FOUND)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no %s %.*s; entente %s list shows all", noun,
                              SPAN_ARG(name), noun);
    return e;
}

/* The domain's own container, or where its administrator redirected new accounts: [MS-ADTS]
 * 6.1.1.4. */
static enum err container_dn(struct control_call *call, const char *container, struct span *out)
{
    bool computers = strcmp(container, "Computers") == 0;
    struct dir_naming naming;
    struct dir_obj o;
    struct span base;
    TRY(dir_naming(&call->snap, &naming));
    TRY(control_dn_of(call, naming.domain_nc, &base));
    const char *known = arena_printf(call->a, "<WKGUID=%s,%.*s>",
                                     computers ? "AA312825768811D1ADED00C04FD8D5CD"
                                               : "A9D1CA15768811D1ADED00C04FD8D5CD",
                                     SPAN_ARG(base));
    TRY(known ? dir_by_dn(&call->snap, span_str(known), &o, NULL) : ERR_NOMEM);
    return control_dn_of(call, o.id, out);
}

enum err control_new_dn(struct control_call *call, const char *container, struct span cn,
                        struct span *out)
{
    struct span parent;
    struct builder b;
    TRY(control_read(call));
    TRY(container_dn(call, container, &parent));
    builder_in(&b, call->a, DN_TEXT_MAX);
    dn_put_rdn(&b, SPAN_LIT("CN"), cn);
    builder_printf(&b, ",%.*s", SPAN_ARG(parent));
    return builder_done(&b, out);
}

enum err control_list_objects(struct control_call *call, const char *filter, control_fill fill)
{
    struct dir_naming naming;
    struct dir_filter *f;
    struct dir_obj o;
    struct arena scratch;
    enum err e;
    TRY(control_read(call));
    TRY(dir_naming(&call->snap, &naming));
    TRY(dir_filter_parse(span_str(filter), call->a, &f));
    TRY(dir_filter_resolve(&call->snap, f, call->a));
    arena_init(&scratch, 0, 1 << 20, 0);
    struct dir_search q = {.base = naming.domain_nc,
                           .scope = DIR_SUBTREE,
                           .filter = f,
                           .token = &dir_token_system,
                           .arena = call->a,
                           .scratch = &scratch};
    call->result = json_array();
    while ((e = dir_search_next(&call->snap, &q, EXAMINE, &o)) == ERR_OK || e == ERR_LIMIT) {
        if (e == ERR_LIMIT)
            continue;
        if (json_array_size(call->result) == LIST_MAX) {
            e = control_refuse(call, 400, "TooMany", REASON_CONTROL_ARGUMENT,
                               "there are more than %d: search by LDAP, or page by page with the "
                               "AWS API",
                               LIST_MAX);
            break;
        }
        json_t *entry = json_object();
        e = fill(call, &o, entry);
        json_array_append_new(call->result, entry);
        if (e != ERR_OK)
            break;
    }
    arena_fini(&scratch);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void control_mod_list(struct control_mods *m, enum intent_mod_op op, const char *attr,
                      const json_t *list)
{
    size_t i;
    json_t *value;
    struct span *values = arena_new_array(m->call->a, json_array_size(list), struct span);
    ENT_ASSERT(m->count < sizeof(m->mod) / sizeof(m->mod[0]));
    if (!values)
        return;
    json_array_foreach((json_t *)list, i, value) values[i] =
        span_of(json_string_value(value), json_string_length(value));
    m->mod[m->count++] =
        (struct intent_mod){op, span_str(attr), values, (unsigned)json_array_size(list)};
}

void control_mod(struct control_mods *m, enum intent_mod_op op, const char *attr, struct span value)
{
    struct span *values = arena_new(m->call->a, struct span);
    ENT_ASSERT(m->count < sizeof(m->mod) / sizeof(m->mod[0]));
    if (!values)
        return;
    *values = value;
    m->mod[m->count++] = (struct intent_mod){op, span_str(attr), values, value.ptr ? 1 : 0};
}

enum err control_quoted_password(struct control_call *call, struct span password, struct span *out)
{
    struct builder b;
    builder_in(&b, call->a, 4096);
    text_put_utf16(&b, SPAN_LIT("\""));
    text_put_utf16(&b, password);
    text_put_utf16(&b, SPAN_LIT("\""));
    return builder_done(&b, out);
}
