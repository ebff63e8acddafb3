#include "directory/account.h"

#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/record.h"

static struct span place(const struct dir_obj *o, unsigned at)
{
    const uint8_t *p = o->account.ptr + at;
    return span_sub(o->attrs, le32_at(p), le32_at(p + 4));
}

enum err dir_account_of(const struct dir_snap *s, const struct dir_obj *o, struct dir_account *out)
{
    (void)s;
    const uint8_t *p = o->account.ptr;
    struct dir_account a = {.id = o->id, .pwd_expires = FILETIME_NEVER};
    if (o->account.len != ACCOUNT_BLOCK_SIZE)
        return ERR_NOT_FOUND;
    a.uac = le32_at(p + ACCOUNT_UAC);
    a.enctypes = le32_at(p + ACCOUNT_ENCTYPES);
    a.primary_group = le32_at(p + ACCOUNT_PRIMARY_GROUP);
    a.pwd_last_set = (int64_t)le64_at(p + ACCOUNT_PWD_LAST_SET);
    a.account_expires = (int64_t)le64_at(p + ACCOUNT_EXPIRES);
    a.lockout_time = (int64_t)le64_at(p + ACCOUNT_LOCKOUT);
    a.sam_name = place(o, ACCOUNT_SAM);
    a.upn = place(o, ACCOUNT_UPN);
    a.logon_hours = place(o, ACCOUNT_HOURS);
    if (sid_from_bytes(place(o, ACCOUNT_SID), &a.sid) != ERR_OK)
        return ERR_IO;
    *out = a;
    return ERR_OK;
}

static enum err by_name(const struct dir_snap *s, uint32_t attr, struct span name,
                        struct dir_account *out)
{
    struct dir_obj o;
    if (!name.len)
        return ERR_NOT_FOUND;
    TRY(dir_by_unique(s, attr, name, &o));
    return dir_account_of(s, &o, out);
}

enum err dir_account_by_sam(const struct dir_snap *s, struct span sam, struct dir_account *out)
{
    return by_name(s, ATTR_sAMAccountName, sam, out);
}

enum err dir_account_by_upn(const struct dir_snap *s, struct span upn, struct dir_account *out)
{
    return by_name(s, ATTR_userPrincipalName, upn, out);
}

/* --- service principal names --------------------------------------------------------------------
 */

/* What AD's sPNMappings says by default ([MS-ADTS] 6.1.1.2.3.4... CN=Directory Service): these
 * classes are answered by an account that has "host". Used when the directory has no mapping of its
 * own. */
static const char default_mappings[] =
    "host=alerter,appmgmt,cisvc,clipsrv,browser,dhcp,dnscache,replicator,eventlog,eventsystem,"
    "policyagent,oakley,dmserver,dns,mcsvc,fax,msiserver,ias,messenger,netlogon,netman,netdde,"
    "netddedsm,"
    "nmagent,plugplay,protectedstorage,rasman,rpclocator,rpc,rpcss,remoteaccess,rsvp,samss,"
    "scardsvr,"
    "scesrv,seclogon,scm,dcom,cifs,spooler,snmp,schedule,tapisrv,trksvr,trkwks,ups,time,wins,www,"
    "http,"
    "w3svc,iisadmin,msdtc";

/* Is service in the list of "target=a,b,c"? Then *target_out. */
static bool mapping_has(struct span mapping, struct span service, struct span *target_out)
{
    const uint8_t *eq = mapping.len ? memchr(mapping.ptr, '=', mapping.len) : NULL;
    if (!eq)
        return false;
    size_t at = (size_t)(eq - mapping.ptr);
    struct span target = span_sub(mapping, 0, at);
    while (at < mapping.len) {
        size_t start = ++at;
        while (at < mapping.len && mapping.ptr[at] != ',')
            at++;
        if (ascii_eq_fold(span_sub(mapping, start, at - start), service)) {
            *target_out = target;
            return true;
        }
    }
    return false;
}

static bool mapped_class(const struct dir_snap *s, struct span service, struct span *target_out)
{
    struct dir_obj service_obj;
    struct dir_values v;
    struct span one;
    uint8_t class_id[4];
    le32_to(class_id, CLASS_nTDSService);
    if (dir_by_value(s, ATTR_objectClass, span_of(class_id, 4), &service_obj) != ERR_OK ||
        !dir_attr(&service_obj, ATTR_sPNMappings, &v))
        return mapping_has(span_of(default_mappings, sizeof(default_mappings) - 1), service,
                           target_out);
    while (dir_values_next(&v, &one)) {
        if (mapping_has(one, service, target_out))
            return true;
    }
    return false;
}

enum err dir_account_by_spn(const struct dir_snap *s, struct span spn, struct dir_account *out)
{
    uint8_t buf[STORE_KEY_MAX];
    struct builder b;
    struct span service, target, mapped;
    enum err e = by_name(s, ATTR_servicePrincipalName, spn, out);
    const uint8_t *slash = spn.len ? memchr(spn.ptr, '/', spn.len) : NULL;
    if (e != ERR_NOT_FOUND || !slash)
        return e;
    service = span_sub(spn, 0, (size_t)(slash - spn.ptr));
    if (!mapped_class(s, service, &target))
        return ERR_NOT_FOUND;
    builder_over(&b, buf, sizeof(buf));
    builder_span(&b, target);
    builder_span(&b, span_sub(spn, service.len, spn.len));
    if (builder_done(&b, &mapped) != ERR_OK)
        return ERR_NOT_FOUND;
    return by_name(s, ATTR_servicePrincipalName, mapped, out);
}
