/*
 * Users and computers.
 */
#include "base/text.h"
#include "control/control_call.h"
#include "directory/names.h"

static struct span number(struct control_call *call, uint32_t value)
{
    return span_str(arena_printf(call->a, "%u", value));
}

static enum err new_dn(struct control_call *call, const char *container, struct span cn,
                       struct span *out)
{
    struct span ou = control_arg(call, "ou");
    struct builder b;
    if (!ou.len)
        return control_new_dn(call, container, cn, out);
    builder_in(&b, call->a, DN_TEXT_MAX);
    dn_put_rdn(&b, SPAN_LIT("CN"), cn);
    builder_printf(&b, ",%.*s", SPAN_ARG(ou));
    return builder_done(&b, out);
}

static enum err add(struct control_call *call, const char *container, struct span cn,
                    struct control_mods *m)
{
    struct intent in = {.kind = INTENT_ADD, .mods = m->mod, .mod_count = m->count};
    struct intent_reply reply;
    TRY(new_dn(call, container, cn, &in.target));
    if (arena_failed(call->a))
        return ERR_NOMEM;
    return control_intent(call, &in, &reply);
}

static enum err modify(struct control_call *call, dir_id id, struct control_mods *m)
{
    struct intent in = {.kind = INTENT_MODIFY, .mods = m->mod, .mod_count = m->count};
    struct intent_reply reply;
    TRY(control_dn_of(call, id, &in.target));
    return control_intent(call, &in, &reply);
}

static enum err fill_account(struct control_call *call, const struct dir_obj *o, json_t *into)
{
    struct dir_account account;
    enum err e = dir_account_of(&call->snap, o, &account);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    control_set_span(into, "name", account.sam_name);
    control_set_span(into, "upn", account.upn);
    control_set_text(into, "dns_name", o, ATTR_dNSHostName);
    json_object_set_new(into, "enabled", json_boolean(!(account.uac & UAC_ACCOUNTDISABLE)));
    control_set_sid(into, "sid", o);
    return ERR_OK;
}

static enum err fill_details(struct control_call *call, const struct dir_obj *o, json_t *into)
{
    struct dir_account account;
    struct dir_values spns;
    struct span value, dn;
    TRY(fill_account(call, o, into));
    TRY(dir_account_of(&call->snap, o, &account));
    TRY(control_dn_of(call, o->id, &dn));
    control_set_span(into, "dn", dn);
    control_set_text(into, "given_name", o, ATTR_givenName);
    control_set_text(into, "surname", o, ATTR_sn);
    control_set_text(into, "display_name", o, ATTR_displayName);
    json_object_set_new(into, "locked", json_boolean(account.lockout_time != 0));
    json_object_set_new(into, "must_change", json_boolean(account.pwd_last_set == 0));
    if (dir_attr(o, ATTR_servicePrincipalName, &spns)) {
        json_t *list = json_array();
        while (dir_values_next(&spns, &value))
            json_array_append_new(list, json_stringn((const char *)value.ptr, value.len));
        json_object_set_new(into, "spns", list);
    }
    return ERR_OK;
}

static enum err show(struct control_call *call, const char *noun)
{
    struct dir_obj o;
    TRY(control_find(call, control_arg(call, "name"), noun, &o));
    call->result = json_object();
    return fill_details(call, &o, call->result);
}

static void names_of_person(struct control_call *call, struct control_mods *m)
{
    struct span given = control_arg(call, "given_name"), sur = control_arg(call, "surname");
    if (given.len)
        control_mod(m, MOD_ADD, "givenName", given);
    if (sur.len)
        control_mod(m, MOD_ADD, "sn", sur);
    if (given.len || sur.len)
        control_mod(m, MOD_ADD, "displayName",
                    span_str(arena_printf(call->a, "%.*s%s%.*s", SPAN_ARG(given),
                                          given.len && sur.len ? " " : "", SPAN_ARG(sur))));
}

enum err control_user_create(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct dir_naming naming;
    struct span name = control_arg(call, "name"), upn = control_arg(call, "upn"), password;
    TRY(control_read(call));
    TRY(dir_naming(&call->snap, &naming));
    TRY(control_quoted_password(call, control_arg(call, "password"), &password));
    if (upn.len == 0)
        upn =
            span_str(arena_printf(call->a, "%.*s@%.*s", SPAN_ARG(name), SPAN_ARG(naming.dns_name)));
    control_mod(&m, MOD_ADD, "objectClass", SPAN_LIT("user"));
    control_mod(&m, MOD_ADD, "sAMAccountName", name);
    control_mod(&m, MOD_ADD, "userPrincipalName", upn);
    control_mod(&m, MOD_ADD, "userAccountControl", number(call, UAC_NORMAL_ACCOUNT));
    control_mod(&m, MOD_ADD, "unicodePwd", password);
    names_of_person(call, &m);
    if (control_flag(call, "must_change"))
        control_mod(&m, MOD_ADD, "pwdLastSet", SPAN_LIT("0"));
    TRY(add(call, "Users", name, &m));
    return show(call, "user");
}

enum err control_user_list(struct control_call *call)
{
    return control_list_objects(
        call, "(&(objectCategory=person)(objectClass=user)(!(servicePrincipalName=*)))",
        fill_account);
}

enum err control_user_show(struct control_call *call)
{
    return show(call, "user");
}

enum err control_user_set_password(struct control_call *call)
{
    struct intent in = {.kind = INTENT_SET_PASSWORD,
                        .flags = INTENT_RESET,
                        .new_password = control_arg(call, "password")};
    struct intent_reply reply;
    struct control_mods m = {.call = call};
    struct dir_obj o;
    TRY(control_find(call, control_arg(call, "name"), "user", &o));
    TRY(control_dn_of(call, o.id, &in.target));
    TRY(control_intent(call, &in, &reply));
    if (!control_flag(call, "must_change"))
        return ERR_OK;
    control_mod(&m, MOD_REPLACE, "pwdLastSet", SPAN_LIT("0"));
    return modify(call, o.id, &m);
}

static enum err change_control(struct control_call *call, uint32_t set, uint32_t clear)
{
    struct control_mods m = {.call = call};
    struct dir_account account;
    struct dir_obj o;
    TRY(control_find(call, control_arg(call, "name"), "user", &o));
    TRY(dir_account_of(&call->snap, &o, &account));
    control_mod(&m, MOD_REPLACE, "userAccountControl", number(call, (account.uac | set) & ~clear));
    TRY(modify(call, o.id, &m));
    return show(call, "user");
}

enum err control_user_enable(struct control_call *call)
{
    return change_control(call, 0, UAC_ACCOUNTDISABLE);
}

enum err control_user_disable(struct control_call *call)
{
    return change_control(call, UAC_ACCOUNTDISABLE, 0);
}

enum err control_user_unlock(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct dir_obj o;
    TRY(control_find(call, control_arg(call, "name"), "user", &o));
    control_mod(&m, MOD_REPLACE, "lockoutTime", SPAN_LIT("0"));
    TRY(modify(call, o.id, &m));
    return show(call, "user");
}

enum err control_account_delete(struct control_call *call)
{
    struct intent in = {.kind = INTENT_DELETE};
    struct intent_reply reply;
    struct dir_obj o;
    struct span name = control_arg(call, "name");
    enum err e = control_find(call, name, call->op->noun, &o);
    if (e == ERR_REFUSED && call->op->id == OP_COMPUTER_DELETE)
        e = control_find(call, span_str(arena_printf(call->a, "%.*s$", SPAN_ARG(name))), "computer",
                         &o);
    TRY(e);
    TRY(control_dn_of(call, o.id, &in.target));
    return control_intent(call, &in, &reply);
}

/* --- computers ----------------------------------------------------------------------------------
 */

enum err control_computer_create(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct dir_naming naming;
    struct span name = control_arg(call, "name"), password;
    TRY(control_read(call));
    TRY(dir_naming(&call->snap, &naming));
    if (name.len && name.ptr[name.len - 1] == '$')
        name.len--;
    TRY(control_quoted_password(call, control_arg(call, "password"), &password));
    struct span host = ascii_lower(call->a, name);
    const char *fqdn =
        arena_printf(call->a, "%.*s.%.*s", SPAN_ARG(host), SPAN_ARG(naming.dns_name));
    json_t *spns = json_pack("[o,o]", json_sprintf("HOST/%.*s", SPAN_ARG(name)),
                             json_sprintf("HOST/%s", fqdn));
    control_mod(&m, MOD_ADD, "objectClass", SPAN_LIT("computer"));
    control_mod(&m, MOD_ADD, "sAMAccountName",
                span_str(arena_printf(call->a, "%.*s$", SPAN_ARG(name))));
    control_mod(&m, MOD_ADD, "dNSHostName", span_str(fqdn));
    control_mod(&m, MOD_ADD, "userAccountControl", number(call, UAC_WORKSTATION_TRUST_ACCOUNT));
    control_mod(&m, MOD_ADD, "unicodePwd", password);
    control_mod_list(&m, MOD_ADD, "servicePrincipalName", spns);
    enum err e = add(call, "Computers", name, &m);
    json_decref(spns);
    return e;
}

enum err control_computer_list(struct control_call *call)
{
    return control_list_objects(call, "(objectClass=computer)", fill_account);
}

enum err control_computer_show(struct control_call *call)
{
    struct span name = control_arg(call, "name");
    struct dir_obj o;
    if (name.len && name.ptr[name.len - 1] == '$')
        return show(call, "computer");
    TRY(control_find(call, span_str(arena_printf(call->a, "%.*s$", SPAN_ARG(name))), "computer",
                     &o));
    call->result = json_object();
    return fill_details(call, &o, call->result);
}

/* --- services: user accounts with principal names and a random password
 * ---------------------------- */

enum err control_service_create(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_KEYTAB, .flags = INTENT_NEW_KEY};
    struct intent_reply reply;
    struct control_mods enable = {.call = call};
    struct dir_obj o;
    struct span name = control_arg(call, "name");
    control_mod(&m, MOD_ADD, "objectClass", SPAN_LIT("user"));
    control_mod(&m, MOD_ADD, "sAMAccountName", name);
    control_mod(&m, MOD_ADD, "userAccountControl",
                number(call, UAC_NORMAL_ACCOUNT | UAC_ACCOUNTDISABLE | UAC_DONT_EXPIRE_PASSWORD));
    control_mod(&m, MOD_ADD, "msDS-SupportedEncryptionTypes", SPAN_LIT("24"));
    control_mod_list(&m, MOD_ADD, "servicePrincipalName", control_list(call, "spn"));
    TRY(add(call, "Users", name, &m));
    TRY(control_find(call, name, "service", &o));
    TRY(control_dn_of(call, o.id, &in.target));
    TRY(control_intent(call, &in, &reply));
    control_mod(&enable, MOD_REPLACE, "userAccountControl",
                number(call, UAC_NORMAL_ACCOUNT | UAC_DONT_EXPIRE_PASSWORD));
    TRY(modify(call, o.id, &enable));
    return show(call, "service");
}

static enum err fill_service(struct control_call *call, const struct dir_obj *o, json_t *into)
{
    return fill_details(call, o, into);
}

enum err control_service_list(struct control_call *call)
{
    return control_list_objects(
        call, "(&(objectCategory=person)(objectClass=user)(servicePrincipalName=*))", fill_service);
}

enum err control_service_show(struct control_call *call)
{
    return show(call, "service");
}

enum err control_service_keytab(struct control_call *call)
{
    struct intent in = {.kind = INTENT_KEYTAB};
    struct intent_reply reply;
    struct dir_obj o;
    TRY(control_find(call, control_arg(call, "name"), "service", &o));
    TRY(control_dn_of(call, o.id, &in.target));
    TRY(control_intent(call, &in, &reply));
    call->result = json_object();
    control_set_span(call->result, "data", text_base64(call->a, reply.data));
    return ERR_OK;
}
