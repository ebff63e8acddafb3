#include "wire/ms/ndr_types.h"
#include "wire/ms/pac.h"
#include "wire/ms/pac_tables.h"

/* --- GROUP_MEMBERSHIP, KERB_SID_AND_ATTRIBUTES ----------------------------------------------- */

static const struct ndr_row group_rows[] = {
    {.kind = NDR_U32, .at = offsetof(struct pac_group, rid)},
    {.kind = NDR_U32, .at = offsetof(struct pac_group, attributes)},
};
static const struct ndr_type group_type =
    NDR_TYPE("GROUP_MEMBERSHIP", STRUCT, 4, struct pac_group, group_rows);

static const struct ndr_row sid_attr_rows[] = {
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .type = &ndr_sid,
     .at = offsetof(struct pac_sid, sid)},
    {.kind = NDR_U32, .at = offsetof(struct pac_sid, attributes)},
};
static const struct ndr_type sid_attr_type =
    NDR_TYPE("KERB_SID_AND_ATTRIBUTES", STRUCT, 4, struct pac_sid, sid_attr_rows);

/* --- KERB_VALIDATION_INFO -------------------------------------------------------------------- */

#define INFO(m) offsetof(struct pac_logon_info, m)
#define INFO_ARRAY(m, n, t)                                                                        \
    {                                                                                              \
        .kind = NDR_STRUCT, .pointer = NDR_UNIQUE, .shape = NDR_CONF, .type = &(t), .at = INFO(m), \
        .size_is = NDR_MEMBER(struct pac_logon_info, n), .limit = PAC_GROUPS_MAX                   \
    }
#define INFO_SID(m)                                                                                \
    {                                                                                              \
        .kind = NDR_STRUCT, .pointer = NDR_UNIQUE, .type = &ndr_sid, .at = INFO(m)                 \
    }

static const struct ndr_row info_rows[] = {
    {.kind = NDR_TIME, .at = INFO(logon_time)},
    {.kind = NDR_TIME, .at = INFO(logoff_time)},
    {.kind = NDR_TIME, .at = INFO(kickoff_time)},
    {.kind = NDR_TIME, .at = INFO(password_last_set)},
    {.kind = NDR_TIME, .at = INFO(password_can_change)},
    {.kind = NDR_TIME, .at = INFO(password_must_change)},
    {.kind = NDR_USTR, .at = INFO(account_name)},
    {.kind = NDR_USTR, .at = INFO(full_name)},
    {.kind = NDR_USTR, .at = INFO(logon_script)},
    {.kind = NDR_USTR, .at = INFO(profile_path)},
    {.kind = NDR_USTR, .at = INFO(home_directory)},
    {.kind = NDR_USTR, .at = INFO(home_drive)},
    {.kind = NDR_U16, .at = INFO(logon_count)},
    {.kind = NDR_U16, .at = INFO(bad_password_count)},
    {.kind = NDR_U32, .at = INFO(rid)},
    {.kind = NDR_U32, .at = INFO(primary_gid)},
    {.kind = NDR_U32, .at = INFO(group_count)},
    INFO_ARRAY(groups, group_count, group_type),
    {.kind = NDR_U32, .at = INFO(user_flags)},
    {.kind = NDR_U8, .shape = NDR_FIXED, .limit = 16, .at = INFO(session_key)},
    {.kind = NDR_USTR, .flags = NDR_USTR_LARGE, .at = INFO(logon_server)},
    {.kind = NDR_USTR, .flags = NDR_USTR_LARGE, .at = INFO(logon_domain)},
    INFO_SID(domain_sid),
    {.kind = NDR_U8, .shape = NDR_FIXED, .limit = 8, .at = INFO(reserved1)},
    {.kind = NDR_U32, .at = INFO(user_account_control)},
    {.kind = NDR_U32, .at = INFO(sub_auth_status)},
    {.kind = NDR_TIME, .at = INFO(last_success)},
    {.kind = NDR_TIME, .at = INFO(last_failure)},
    {.kind = NDR_U32, .at = INFO(failed_count)},
    {.kind = NDR_U32, .at = INFO(reserved3)},
    {.kind = NDR_U32, .at = INFO(extra_count)},
    INFO_ARRAY(extra, extra_count, sid_attr_type),
    INFO_SID(resource_domain),
    {.kind = NDR_U32, .at = INFO(resource_count)},
    INFO_ARRAY(resource, resource_count, group_type),
};
static const struct ndr_type info_type =
    NDR_TYPE("KERB_VALIDATION_INFO", STRUCT, 4, struct pac_logon_info, info_rows);

#define ROWS_TO_RESERVED 30 /* up to the last of the ten reserved numbers */
#define ROWS_TO_EXTRA    32 /* and the extra SIDs */
const struct ndr_type ndr_sam_info = {
    "NETLOGON_VALIDATION_SAM_INFO", NDR_IS_STRUCT,    4,
    sizeof(struct pac_logon_info),  ROWS_TO_RESERVED, info_rows,
};
const struct ndr_type ndr_sam_info2 = {
    "NETLOGON_VALIDATION_SAM_INFO2", NDR_IS_STRUCT, 4,
    sizeof(struct pac_logon_info),   ROWS_TO_EXTRA, info_rows,
};

struct info_pointer {
    const struct pac_logon_info *info;
};
static const struct ndr_row info_pointer_rows[] = {
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .type = &info_type,
     .at = offsetof(struct info_pointer, info)},
};
const struct ndr_type pac_ndr_logon_info =
    NDR_TYPE("PKERB_VALIDATION_INFO", STRUCT, 4, struct info_pointer, info_pointer_rows);

static bool sid_good(const struct sid *s)
{
    return s && s->revision == 1;
}

enum err pac_logon_info(struct span contents, struct arena *a, struct pac_logon_info *out)
{
    struct info_pointer p;

    TRY(ndr_decode_serialized(&pac_ndr_logon_info, contents, a, &p));
    if (!p.info || !sid_good(p.info->domain_sid))
        return ERR_MALFORMED;
    if (p.info->resource_domain ? !sid_good(p.info->resource_domain) : p.info->resource_count != 0)
        return ERR_MALFORMED;
    for (uint32_t i = 0; i < p.info->extra_count; i++) {
        if (!sid_good(p.info->extra[i].sid))
            return ERR_MALFORMED;
    }
    *out = *p.info;
    return ERR_OK;
}

void pac_put_logon_info(struct builder *b, const struct pac_logon_info *info)
{
    struct info_pointer p = {info};

    ndr_put_serialized(b, &pac_ndr_logon_info, &p);
}

/* --- S4U_DELEGATION_INFO --------------------------------------------------------------------- */

static const struct ndr_row delegation_rows[] = {
    {.kind = NDR_USTR, .at = offsetof(struct pac_delegation, target)},
    {.kind = NDR_U32, .at = offsetof(struct pac_delegation, count)},
    {.kind = NDR_USTR,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     .at = offsetof(struct pac_delegation, services),
     .size_is = NDR_MEMBER(struct pac_delegation, count),
     .limit = PAC_GROUPS_MAX},
};
static const struct ndr_type delegation_type =
    NDR_TYPE("S4U_DELEGATION_INFO", STRUCT, 4, struct pac_delegation, delegation_rows);

struct delegation_pointer {
    const struct pac_delegation *info;
};
static const struct ndr_row delegation_pointer_rows[] = {
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .type = &delegation_type,
     .at = offsetof(struct delegation_pointer, info)},
};
const struct ndr_type pac_ndr_delegation =
    NDR_TYPE("PS4U_DELEGATION_INFO", STRUCT, 4, struct delegation_pointer, delegation_pointer_rows);

enum err pac_delegation(struct span contents, struct arena *a, struct pac_delegation *out)
{
    struct delegation_pointer p;

    TRY(ndr_decode_serialized(&pac_ndr_delegation, contents, a, &p));
    if (!p.info)
        return ERR_MALFORMED;
    *out = *p.info;
    return ERR_OK;
}

void pac_put_delegation(struct builder *b, const struct pac_delegation *info)
{
    struct delegation_pointer p = {info};

    ndr_put_serialized(b, &pac_ndr_delegation, &p);
}
