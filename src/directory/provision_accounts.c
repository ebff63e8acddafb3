#include "base/text.h"
#include "directory/provision_internal.h"

#define PASSWORD_LENGTH 120

struct span provision_random_password(struct provision *p, struct arena *a)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    uint8_t *text = arena_alloc(a, PASSWORD_LENGTH);
    if (!text)
        return SPAN_NONE;
    p->args->random(text, PASSWORD_LENGTH);
    for (unsigned i = 0; i < PASSWORD_LENGTH; i++)
        text[i] = (uint8_t)letters[text[i] % 64];
    return span_of(text, PASSWORD_LENGTH);
}

static enum err seal(struct provision_object *o, enum dir_secret_store store, struct span plain)
{
    uint8_t nonce[12];
    o->p->args->random(nonce, sizeof nonce);
    return dir_secret_seal(o->p->dir, store, o->id, nonce, plain, &o->p->scratch,
                           &o->secrets[store]);
}

static enum err bind_verifier(struct provision_object *o, struct span password)
{
    uint8_t mac[DIR_BIND_VERIFIER_SIZE];
    TRY(dir_bind_verifier(o->p->dir, o->id, password, mac));
    o->secrets[DIR_SECRET_BIND] = arena_dup_span(&o->p->scratch, span_of(mac, sizeof mac));
    return ERR_OK;
}

enum err provision_password(struct provision_object *o, struct span sam, struct span password,
                            enum dir_salt_kind salt, bool service, bool bind)
{
    struct provision *p = o->p;
    struct dir_account_keys keys;
    struct span plain;
    struct dir_key_recipe recipe = {.password = password, .now = p->args->now, .want_nt = true};
    recipe.salt = dir_keys_salt(salt, p->realm, p->dns_name, sam, &p->scratch);
    TRY(dir_keys_make(&recipe, NULL, &p->scratch, &keys));
    enum err e = dir_keys_encode(&keys, &p->scratch, &plain);
    dir_keys_wipe(&keys);
    TRY(e);
    TRY(seal(o, DIR_SECRET_ACCOUNT, plain));
    if (service)
        TRY(seal(o, DIR_SECRET_SERVICE, plain));
    if (bind)
        TRY(bind_verifier(o, password));
    return provision_i64(o, ATTR_pwdLastSet, utime_to_filetime(p->args->now));
}

enum err provision_account(struct provision_object *o, struct span sam, uint32_t rid, uint32_t uac,
                           uint32_t primary_group, uint32_t sam_type)
{
    struct sid sid;
    TRY(sid_append(&o->p->sid, rid, &sid));
    TRY(provision_sid_value(o, &sid));
    TRY(provision_text(o, ATTR_sAMAccountName, sam));
    TRY(provision_i32(o, ATTR_userAccountControl, (int32_t)uac));
    TRY(provision_i32(o, ATTR_primaryGroupID, (int32_t)primary_group));
    TRY(provision_i32(o, ATTR_sAMAccountType, (int32_t)sam_type));
    TRY(provision_i64(o, ATTR_accountExpires, FILETIME_NEVER));
    TRY(provision_i32(o, ATTR_codePage, 0));
    TRY(provision_i32(o, ATTR_countryCode, 0));
    TRY(provision_bool(o, ATTR_isCriticalSystemObject, true));
    static const uint32_t zeros[] = {ATTR_lastLogoff, ATTR_lastLogon, ATTR_badPasswordTime};
    for (unsigned i = 0; i < sizeof zeros / sizeof *zeros; i++)
        TRY(provision_i64(o, zeros[i], 0));
    TRY(provision_i32(o, ATTR_badPwdCount, 0));
    return provision_i32(o, ATTR_logonCount, 0);
}

static enum err begin_user(struct provision *p, struct span name, struct provision_object *o)
{
    const char *dn =
        arena_printf(&p->scratch, "CN=%.*s,CN=Users,%.*s", SPAN_ARG(name), SPAN_ARG(p->domain_dn));
    return provision_begin(p, span_str(dn), schema_class(CLASS_user), 0, o);
}

static enum err administrator(struct provision *p)
{
    struct provision_object o;
    bool own = p->args->managed; /* the service's own: nobody knows the password */
    TRY(begin_user(p, p->admin, &o));
    TRY(provision_account(&o, p->admin, 500, UAC_NORMAL_ACCOUNT, 513, SAM_USER));
    TRY(provision_str(&o, ATTR_description,
                      "Built-in account for administering the computer/domain"));
    TRY(provision_i32(&o, ATTR_adminCount, 1));
    struct span password =
        own ? provision_random_password(p, &p->scratch) : p->args->admin_password;
    TRY(provision_password(&o, p->admin, password, DIR_SALT_USER, false, !own));
    return provision_end(&o);
}

static enum err guest(struct provision *p)
{
    struct provision_object o;
    const uint32_t uac =
        UAC_NORMAL_ACCOUNT | UAC_ACCOUNTDISABLE | UAC_PASSWD_NOTREQD | UAC_DONT_EXPIRE_PASSWORD;
    TRY(begin_user(p, SPAN_LIT("Guest"), &o));
    TRY(provision_account(&o, SPAN_LIT("Guest"), 501, uac, 514, SAM_USER));
    TRY(provision_str(&o, ATTR_description,
                      "Built-in account for guest access to the computer/domain"));
    TRY(provision_i64(&o, ATTR_pwdLastSet, 0));
    return provision_end(&o);
}

static enum err krbtgt(struct provision *p)
{
    struct provision_object o;
    struct span name = SPAN_LIT("krbtgt"), password = provision_random_password(p, &p->scratch);
    TRY(begin_user(p, name, &o));
    TRY(provision_account(&o, name, 502, UAC_NORMAL_ACCOUNT | UAC_ACCOUNTDISABLE, 513, SAM_USER));
    TRY(provision_str(&o, ATTR_description, "Key Distribution Center Service Account"));
    TRY(provision_str(&o, ATTR_servicePrincipalName, "kadmin/changepw"));
    TRY(provision_bool(&o, ATTR_showInAdvancedViewOnly, true));
    TRY(provision_i32(&o, ATTR_adminCount, 1));
    TRY(provision_password(&o, name, password, DIR_SALT_USER, false, false));
    return provision_end(&o);
}

enum err provision_users(struct provision *p)
{
    TRY(administrator(p));
    TRY(guest(p));
    return krbtgt(p);
}

static enum err group_sid(struct provision *p, const struct provision_group *g, struct sid *out)
{
    const struct sid builtin = SID_NT(32);
    uint32_t rid = g->rid;
    if (strcmp(g->name, "DnsAdmins") == 0) { /* drawn before: a descriptor names it */
        *out = p->dns_admins;
        return ERR_OK;
    }
    if (g->flags & PROVISION_NEXT_RID)
        TRY(dir_write_next_rid(p->txn, &rid));
    return sid_append(g->flags & PROVISION_BUILTIN ? &builtin : &p->sid, rid, out);
}

static enum err group_dn(struct provision *p, const struct provision_group *g, struct span *out)
{
    const char *where = g->flags & PROVISION_BUILTIN ? "Builtin" : "Users";
    *out = span_str(
        arena_printf(&p->scratch, "CN=%s,CN=%s,%.*s", g->name, where, SPAN_ARG(p->domain_dn)));
    return out->len ? ERR_OK : ERR_NOMEM;
}

static enum err group(struct provision *p, const struct provision_group *g)
{
    struct provision_object o;
    struct span dn;
    struct sid sid;
    TRY(group_dn(p, g, &dn));
    TRY(provision_begin(p, dn, schema_class(CLASS_group), 0, &o));
    TRY(group_sid(p, g, &sid));
    TRY(provision_sid_value(&o, &sid));
    TRY(provision_str(&o, ATTR_sAMAccountName, g->name));
    TRY(provision_str(&o, ATTR_description, g->description));
    TRY(provision_i32(&o, ATTR_groupType, g->type));
    TRY(provision_i32(&o, ATTR_sAMAccountType, g->type & 4 ? SAM_ALIAS : SAM_GROUP));
    if (g->flags & PROVISION_PROTECTED)
        TRY(provision_i32(&o, ATTR_adminCount, 1));
    if (g->flags & PROVISION_BUILTIN)
        TRY(provision_str(&o, ATTR_systemFlags, "-1946157056"));
    if (!(g->flags & PROVISION_NEXT_RID))
        TRY(provision_bool(&o, ATTR_isCriticalSystemObject, true));
    return provision_end(&o);
}

enum err provision_group_objects(struct provision *p)
{
    for (unsigned i = 0; i < provision_group_count; i++)
        TRY(group(p, &provision_groups[i]));
    return ERR_OK;
}

enum err provision_group_members(struct provision *p)
{
    struct provision_object o;
    for (unsigned i = 0; i < provision_group_count; i++) {
        const struct provision_group *g = &provision_groups[i];
        struct span dn, rest;
        if (!g->members)
            continue;
        TRY(group_dn(p, g, &dn));
        TRY(provision_begin_update(p, dn, &o));
        TRY(provision_expand(p, g->members, &p->scratch, &rest));
        while (rest.len) {
            const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
            size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
            TRY(provision_text(&o, ATTR_member, span_sub(rest, 0, len)));
            rest = span_sub(rest, len + 1, rest.len);
        }
        TRY(provision_end(&o));
    }
    return ERR_OK;
}

/* The service principal names that a domain controller registers. */
static enum err dc_spns(struct provision_object *o, unsigned index)
{
    struct provision *p = o->p;
    struct arena *a = &p->scratch;
    struct span host = provision_dc_host(p, index, a), cn = provision_dc_cn(p, index, a);
    char ntds[GUID_TEXT_SIZE];
    guid_to_text(&p->dc_ntds_guid[index], ntds);
    const char *const spns[] = {
        arena_printf(a, "HOST/%.*s", SPAN_ARG(cn)),
        arena_printf(a, "HOST/%.*s", SPAN_ARG(host)),
        arena_printf(a, "HOST/%.*s/%.*s", SPAN_ARG(host), SPAN_ARG(p->flat_name)),
        arena_printf(a, "HOST/%.*s/%.*s", SPAN_ARG(host), SPAN_ARG(p->dns_name)),
        arena_printf(a, "ldap/%.*s", SPAN_ARG(cn)),
        arena_printf(a, "ldap/%.*s", SPAN_ARG(host)),
        arena_printf(a, "ldap/%.*s/%.*s", SPAN_ARG(host), SPAN_ARG(p->flat_name)),
        arena_printf(a, "ldap/%.*s/%.*s", SPAN_ARG(host), SPAN_ARG(p->dns_name)),
        arena_printf(a, "ldap/%.*s/DomainDnsZones.%.*s", SPAN_ARG(host), SPAN_ARG(p->dns_name)),
        arena_printf(a, "ldap/%.*s/ForestDnsZones.%.*s", SPAN_ARG(host), SPAN_ARG(p->dns_name)),
        arena_printf(a, "ldap/%s._msdcs.%.*s", ntds, SPAN_ARG(p->dns_name)),
        arena_printf(a, "GC/%.*s/%.*s", SPAN_ARG(host), SPAN_ARG(p->dns_name)),
        arena_printf(a, "DNS/%.*s", SPAN_ARG(host)),
        arena_printf(a, "RestrictedKrbHost/%.*s", SPAN_ARG(cn)),
        arena_printf(a, "RestrictedKrbHost/%.*s", SPAN_ARG(host)),
        arena_printf(a, "E3514235-4B06-11D1-AB04-00C04FC2DCD2/%s/%.*s", ntds,
                     SPAN_ARG(p->dns_name)),
    };
    for (unsigned i = 0; i < sizeof spns / sizeof *spns; i++)
        TRY(spns[i] ? provision_str(o, ATTR_servicePrincipalName, spns[i]) : ERR_NOMEM);
    return ERR_OK;
}

static enum err dc_account(struct provision *p, unsigned index)
{
    struct provision_object o;
    struct arena *a = &p->scratch;
    struct span cn = provision_dc_cn(p, index, a), password = provision_random_password(p, a);
    struct span sam = span_str(arena_printf(a, "%.*s$", SPAN_ARG(cn)));
    const char *dn =
        arena_printf(a, "CN=%.*s,OU=Domain Controllers,%.*s", SPAN_ARG(cn), SPAN_ARG(p->domain_dn));
    TRY(provision_begin(p, span_str(dn), schema_class(CLASS_computer), 0, &o));
    TRY(provision_account(&o, sam, p->dc_rid[index],
                          UAC_SERVER_TRUST_ACCOUNT | UAC_TRUSTED_FOR_DELEGATION, 516, SAM_MACHINE));
    TRY(provision_text(&o, ATTR_dNSHostName, provision_dc_host(p, index, a)));
    TRY(provision_i32(&o, ATTR_localPolicyFlags, 0));
    TRY(provision_i32(&o, ATTR_msDS_SupportedEncryptionTypes, 24));
    TRY(provision_str(&o, ATTR_operatingSystem, "Entente"));
    TRY(dc_spns(&o, index));
    TRY(provision_password(&o, sam, password, DIR_SALT_COMPUTER, true, false));
    return provision_end(&o);
}

enum err provision_dc_accounts(struct provision *p)
{
    for (unsigned i = 0; i < p->args->dc_count; i++)
        TRY(dc_account(p, i));
    return ERR_OK;
}
