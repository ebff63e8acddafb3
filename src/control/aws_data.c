#include "control/aws_data.h"

#include "base/text.h"
#include "directory/index.h"
#include "directory/search.h"

#define EXAMINE_MAX  20000 /* objects that one request looks at */
#define FILTER_MAX   8192
#define DATA_PAGE    250
#define SCRATCH_SIZE (1u << 20)

/* LDAP name, attribute, does a user have it, a group. What a schema holds besides is for LDAP,
 * where rights are per attribute. No table of mutate_tables.py: test/realm/test_aws_data.py tests
 * it, through the API, and no unit test. */
static const struct {
    const char *name;
    uint32_t attr;
    bool user, group;
} attributes[] = {
    {"company", ATTR_company, true, false},
    {"department", ATTR_department, true, false},
    {"description", ATTR_description, true, true},
    {"displayName", ATTR_displayName, true, true},
    {"division", ATTR_division, true, false},
    {"employeeID", ATTR_employeeID, true, false},
    {"employeeNumber", ATTR_employeeNumber, true, false},
    {"employeeType", ATTR_employeeType, true, false},
    {"facsimileTelephoneNumber", ATTR_facsimileTelephoneNumber, true, false},
    {"givenName", ATTR_givenName, true, false},
    {"homePhone", ATTR_homePhone, true, false},
    {"info", ATTR_info, true, true},
    {"initials", ATTR_initials, true, false},
    {"ipPhone", ATTR_ipPhone, true, false},
    {"l", ATTR_l, true, false},
    {"mail", ATTR_mail, true, true},
    {"mobile", ATTR_mobile, true, false},
    {"pager", ATTR_pager, true, false},
    {"physicalDeliveryOfficeName", ATTR_physicalDeliveryOfficeName, true, false},
    {"postalCode", ATTR_postalCode, true, false},
    {"sAMAccountName", ATTR_sAMAccountName, true, true},
    {"sn", ATTR_sn, true, false},
    {"st", ATTR_st, true, false},
    {"streetAddress", ATTR_streetAddress, true, false},
    {"telephoneNumber", ATTR_telephoneNumber, true, true},
    {"title", ATTR_title, true, false},
    {"userPrincipalName", ATTR_userPrincipalName, true, false},
    {"wWWHomePage", ATTR_wWWHomePage, true, true},
};

uint32_t aws_data_attribute(const char *name, uint32_t class_id)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        bool has = class_id == CLASS_group ? attributes[i].group : attributes[i].user;
        if (has && ascii_eq_fold(span_str(attributes[i].name), span_str(name)))
            return attributes[i].attr;
    }
    return 0;
}

static enum err unknown(struct aws_call *call, const char *name)
{
    return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                      "The attribute %s cannot be seen or set here; LDAP has them all.", name);
}

/* --- the directory -----------------------------------------------------------------------------
 */

bool aws_data_own_realm(const struct aws_call *call, struct span realm)
{
    const json_t *name = json_object_get(call->c.directory->record, "name");
    return ascii_eq_fold(realm, span_str(json_string_value(name)));
}

static enum err foreign(struct aws_call *call, const char *member)
{
    return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                      "%s: expected %s; other forests are asked over LDAP.", member,
                      json_string_value(json_object_get(call->c.directory->record, "name")));
}

enum err aws_data_own_members(struct aws_call *call)
{
    struct span realm = aws_text(call, "MemberRealm");
    return !realm.len || aws_data_own_realm(call, realm) ? ERR_OK : foreign(call, "MemberRealm");
}

enum err aws_data_begin(struct aws_call *call)
{
    struct span realm = aws_text(call, "Realm");
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    const json_t *record = call->c.directory->record;
    if (!json_is_true(json_object_get(json_object_get(record, "aws"), "data_access")))
        return aws_refuse(call, "AccessDeniedException", REASON_API_DATA_DISABLED,
                          "Data access of this directory is disabled: aws ds "
                          "enable-directory-data-access --directory-id %.*s",
                          SPAN_ARG(aws_text(call, "DirectoryId")));
    if (realm.len && !aws_data_own_realm(call, realm))
        return foreign(call, "Realm");
    return aws_as_owner(call);
}

void aws_data_head(struct aws_call *call)
{
    if (!call->out)
        call->out = json_object();
    json_object_set(call->out, "DirectoryId", json_object_get(call->c.directory->record, "id"));
    json_object_set(call->out, "Realm", json_object_get(call->c.directory->record, "name"));
}

enum err aws_data_find(struct aws_call *call, const char *member, uint32_t class_id,
                       struct dir_obj *out)
{
    const char *noun = class_id == CLASS_group ? "group" : class_id ? "user" : NULL;
    struct span name = aws_text(call, member);
    TRY(control_find(&call->c, name, noun, out));
    if (!class_id || out->class_id == class_id)
        return ERR_OK;
    return aws_refuse(call, "ResourceNotFoundException", REASON_CONTROL_NO_OBJECT, "%.*s is no %s.",
                      SPAN_ARG(name), noun);
}

/* --- attributes --------------------------------------------------------------------------------
 */

static json_t *value_of(const struct dir_obj *o, uint32_t attr)
{
    struct dir_values values;
    struct span value;
    json_t *list;
    if (!dir_attr(o, attr, &values))
        return NULL;
    list = json_array();
    while (dir_values_next(&values, &value))
        json_array_append_new(list, json_stringn((const char *)value.ptr, value.len));
    json_t *out = json_array_size(list) == 1 ? json_pack("{s:O}", "S", json_array_get(list, 0))
                                             : json_pack("{s:O}", "SS", list);
    json_decref(list);
    return out;
}

enum err aws_data_show_attributes(struct aws_call *call, const struct dir_obj *o, uint32_t class_id,
                                  json_t *into)
{
    const json_t *names = json_object_get(call->in, "OtherAttributes");
    json_t *shown, *name;
    size_t i;
    if (!json_is_array(names))
        return ERR_OK;
    shown = json_object();
    json_object_set_new(into, "OtherAttributes", shown);
    json_array_foreach((json_t *)names, i, name)
    {
        uint32_t attr = aws_data_attribute(json_string_value(name), class_id);
        if (!attr)
            return unknown(call, json_string_value(name));
        json_t *value = value_of(o, attr);
        if (value)
            json_object_set_new(shown, json_string_value(name), value);
    }
    return ERR_OK;
}

static enum intent_mod_op op_of(struct span how)
{
    return span_eq(how, SPAN_LIT("ADD")) ? MOD_ADD : MOD_REPLACE;
}

/* Removed as a whole, whatever it is. */
void aws_data_mod(struct control_mods *m, struct span how, const char *attr, struct span value)
{
    bool remove = span_eq(how, SPAN_LIT("REMOVE"));
    if (value.len)
        control_mod(m, op_of(how), attr, remove ? SPAN_NONE : value);
}

static enum err one_attribute(struct aws_call *call, struct control_mods *m, struct span how,
                              const char *name, const json_t *value)
{
    const json_t *one = json_object_get(value, "S"), *many = json_object_get(value, "SS");
    if (json_object_size(value) != 1 || (!one && !many))
        return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                          "OtherAttributes.%s: expected one of S, SS; the attributes that can be "
                          "set here are texts.",
                          name);
    if (m->count == sizeof(m->mod) / sizeof(m->mod[0]))
        return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                          "OtherAttributes: at most %zu attributes can be set at once.",
                          sizeof(m->mod) / sizeof(m->mod[0]) - 8);
    if (many && span_eq(how, SPAN_LIT("REMOVE")))
        control_mod_list(m, MOD_DELETE, name, many);
    else if (many)
        control_mod_list(m, op_of(how), name, many);
    else
        aws_data_mod(m, how, name, span_str(json_string_value(one)));
    return ERR_OK;
}

enum err aws_data_attributes(struct aws_call *call, uint32_t class_id, struct control_mods *m,
                             struct span how)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(call->in, "OtherAttributes"), name, value)
    {
        if (!aws_data_attribute(name, class_id))
            return unknown(call, name);
        TRY(one_attribute(call, m, how, name, value));
    }
    return ERR_OK;
}

/* --- changes -----------------------------------------------------------------------------------
 */

enum err aws_data_add(struct aws_call *call, struct control_mods *m)
{
    struct intent in = {.kind = INTENT_ADD, .mods = m->mod, .mod_count = m->count};
    struct intent_reply reply;
    TRY(control_new_dn(&call->c, "Users", aws_text(call, "SAMAccountName"), &in.target));
    return control_intent(&call->c, &in, &reply);
}

enum err aws_data_modify(struct aws_call *call, const struct dir_obj *o, struct control_mods *m)
{
    struct intent in = {.kind = INTENT_MODIFY, .mods = m->mod, .mod_count = m->count};
    struct intent_reply reply;
    if (m->count == 0)
        return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                          "Nothing to change: name an attribute.");
    TRY(control_dn_of(&call->c, o->id, &in.target));
    return control_intent(&call->c, &in, &reply);
}

enum err aws_data_delete(struct aws_call *call, uint32_t class_id)
{
    struct intent in = {.kind = INTENT_DELETE};
    struct intent_reply reply;
    struct dir_obj o;
    TRY(aws_data_find(call, "SAMAccountName", class_id, &o));
    TRY(control_dn_of(&call->c, o.id, &in.target));
    return control_intent(&call->c, &in, &reply);
}

/* --- lists -------------------------------------------------------------------------------------
 */

static enum err begin_at(struct aws_call *call, uint32_t class_id, struct dir_index_cursor *out)
{
    struct span token = aws_text(call, "NextToken");
    uint64_t last;
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(&class_id, sizeof(class_id)), false,
                       out));
    if (!token.len)
        return ERR_OK;
    if (text_to_u64(token, UINT32_MAX - 1, &last) != ERR_OK)
        return aws_refuse(call, "ValidationException", REASON_CONTROL_ARGUMENT,
                          "NextToken: expected one that this operation gave.");
    out->on_key = true;
    out->last = (dir_id)last;
    return ERR_OK;
}

struct listing {
    const struct dir_filter *filter;
    struct arena scratch;
    json_t *page;
    uint32_t class_id;
    dir_id last;
    bool more;
};

static enum err walk(struct aws_call *call, struct listing *l, aws_data_fill fill)
{
    struct dir_index_cursor cursor;
    struct dir_obj o;
    json_int_t limit = json_integer_value(json_object_get(call->in, "MaxResults"));
    TRY(begin_at(call, l->class_id, &cursor));
    for (unsigned seen = 0; dir_index_next(&call->c.snap, &cursor, &l->last); seen++) {
        l->more =
            json_array_size(l->page) == (size_t)(limit ? limit : DATA_PAGE) || seen == EXAMINE_MAX;
        if (l->more) {
            l->last--;
            return ERR_OK;
        }
        TRY(dir_by_id(&call->c.snap, l->last, &o));
        arena_reset(&l->scratch);
        if (o.class_id != l->class_id ||
            (l->filter &&
             !dir_filter_match(&call->c.snap, l->filter, &o, &dir_token_system, &l->scratch)))
            continue;
        json_t *one = json_object();
        json_array_append_new(l->page, one);
        TRY(fill(call, &o, one));
    }
    return dir_snap_err(&call->c.snap);
}

enum err aws_data_list(struct aws_call *call, uint32_t class_id, const char *filter,
                       aws_data_fill fill, const char *member)
{
    struct listing l = {.class_id = class_id, .page = json_array()};
    struct dir_filter *f = NULL;
    aws_data_head(call);
    json_object_set_new(call->out, member, l.page);
    TRY(control_read(&call->c));
    if (filter) {
        TRY(dir_filter_parse(span_str(filter), call->a, &f));
        TRY(dir_filter_resolve(&call->c.snap, f, call->a));
        l.filter = f;
    }
    arena_init(&l.scratch, 0, SCRATCH_SIZE, 0);
    enum err e = walk(call, &l, fill);
    arena_fini(&l.scratch);
    if (e == ERR_OK && l.more)
        json_object_set_new(call->out, "NextToken", json_sprintf("%u", (unsigned)l.last));
    return e;
}

static void put_value(struct builder *b, struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (strchr("*()\\", value.ptr[i]))
            builder_printf(b, "\\%02x", value.ptr[i]);
        else
            builder_u8(b, value.ptr[i]);
    }
}

enum err aws_data_filter(struct aws_call *call, uint32_t class_id, const char **out)
{
    struct builder b;
    struct span text;
    size_t i;
    json_t *name;
    builder_in(&b, call->a, FILTER_MAX);
    builder_printf(&b, "(|");
    json_array_foreach(json_object_get(call->in, "SearchAttributes"), i, name)
    {
        if (!aws_data_attribute(json_string_value(name), class_id))
            return unknown(call, json_string_value(name));
        builder_printf(&b, "(%s=*", json_string_value(name));
        put_value(&b, aws_text(call, "SearchString"));
        builder_printf(&b, "*)");
    }
    builder_printf(&b, ")");
    TRY(builder_done(&b, &text));
    *out = arena_dup_str(call->a, text);
    return *out ? ERR_OK : ERR_NOMEM;
}
