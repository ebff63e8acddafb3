#include "wire/rpc/samr_domain.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

#define HANDLE(T, m, d) ROW(STRUCT, T, m, d, OF(rpc_ndr_handle))

const struct ndr_type samr_ndr_domain_policy =
    NDR_TABLE(STRUCT, struct samr_domain_password, "DOMAIN_PASSWORD_INFORMATION", 4,
              ROW(U16, samr_domain_password, min_length), ROW(U16, samr_domain_password, history),
              ROW(U32, samr_domain_password, properties), ROW(TIME, samr_domain_password, max_age),
              ROW(TIME, samr_domain_password, min_age));

static const struct ndr_type general =
    NDR_TABLE(STRUCT, struct samr_domain_general, "SAMPR_DOMAIN_GENERAL_INFORMATION", 4,
              ROW(TIME, samr_domain_general, logoff), ROW(USTR, samr_domain_general, oem),
              ROW(USTR, samr_domain_general, name), ROW(USTR, samr_domain_general, replica_source),
              ROW(TIME, samr_domain_general, modified), ROW(U32, samr_domain_general, state),
              ROW(U32, samr_domain_general, role), ROW(U32, samr_domain_general, uas_compatible),
              ROW(U32, samr_domain_general, users), ROW(U32, samr_domain_general, groups),
              ROW(U32, samr_domain_general, aliases));
static const struct ndr_type general2 =
    NDR_TABLE(STRUCT, struct samr_domain_general2, "SAMPR_DOMAIN_GENERAL_INFORMATION2", 8,
              ROW(STRUCT, samr_domain_general2, general, OF(general)),
              ROW(U64, samr_domain_general2, duration), ROW(U64, samr_domain_general2, window),
              ROW(U16, samr_domain_general2, threshold));
static const struct ndr_type lockout =
    NDR_TABLE(STRUCT, struct samr_domain_lockout, "SAMPR_DOMAIN_LOCKOUT_INFORMATION", 8,
              ROW(U64, samr_domain_lockout, duration), ROW(U64, samr_domain_lockout, window),
              ROW(U16, samr_domain_lockout, threshold));
static const struct ndr_type modified =
    NDR_TABLE(STRUCT, struct samr_domain_modified, "DOMAIN_MODIFIED_INFORMATION", 4,
              ROW(TIME, samr_domain_modified, count), ROW(TIME, samr_domain_modified, created));
static const struct ndr_type modified2 =
    NDR_TABLE(STRUCT, struct samr_domain_modified, "DOMAIN_MODIFIED_INFORMATION2", 4,
              ROW(TIME, samr_domain_modified, count), ROW(TIME, samr_domain_modified, created),
              ROW(TIME, samr_domain_modified, promoted));

static const struct ndr_type info = NDR_TABLE(
    UNION, union samr_domain_info, "SAMPR_DOMAIN_INFO_BUFFER", 2,
    ARM(SAMR_DOMAIN_PASSWORD, STRUCT, OF(samr_ndr_domain_policy)),
    ARM(SAMR_DOMAIN_GENERAL, STRUCT, OF(general)), ARM(SAMR_DOMAIN_LOGOFF, TIME),
    ARM(SAMR_DOMAIN_OEM, USTR), ARM(SAMR_DOMAIN_NAME, USTR), ARM(SAMR_DOMAIN_REPLICATION, USTR),
    ARM(SAMR_DOMAIN_ROLE, U32), ARM(SAMR_DOMAIN_MODIFIED, STRUCT, OF(modified)),
    ARM(SAMR_DOMAIN_STATE, U32), ARM(SAMR_DOMAIN_GENERAL2, STRUCT, OF(general2)),
    ARM(SAMR_DOMAIN_LOCKOUT, STRUCT, OF(lockout)),
    ARM(SAMR_DOMAIN_MODIFIED2, STRUCT, OF(modified2)));

#define QUERY_TABLE(name, direction, pointer_kind)                                                 \
    NDR_TABLE(CALL, struct samr_query_domain, name, 1, HANDLE(samr_query_domain, handle, IN),      \
              ROW(U16, samr_query_domain, level, IN),                                              \
              ROW(UNION, samr_query_domain, info, direction, pointer_kind, OF(info),               \
                  SWITCH(samr_query_domain, level)),                                               \
              ROW(U32, samr_query_domain, status, OUT))
const struct ndr_type samr_ndr_query_domain =
    QUERY_TABLE("SamrQueryInformationDomain", OUT, UNIQUE);
const struct ndr_type samr_ndr_query_domain2 =
    QUERY_TABLE("SamrQueryInformationDomain2", OUT, UNIQUE);
const struct ndr_type samr_ndr_set_domain = QUERY_TABLE("SamrSetInformationDomain", IN, REF);

/* The answer is one struct: its numbers lie together, aligned to four. */
static const struct ndr_type password_info =
    NDR_TABLE(STRUCT, struct samr_password_info, "USER_DOMAIN_PASSWORD_INFORMATION", 4,
              ROW(U16, samr_password_info, min_length), ROW(U32, samr_password_info, properties));
static const struct ndr_row user_password_rows[] = {
    HANDLE(samr_password_info, handle, IN),
    {.kind = NDR_STRUCT, .at = 0, OUT, OF(password_info)},
    ROW(U32, samr_password_info, status, OUT),
};
static const struct ndr_row domain_password_rows[] = {
    ROW(USTR, samr_password_info, unused, IN, UNIQUE),
    {.kind = NDR_STRUCT, .at = 0, OUT, OF(password_info)},
    ROW(U32, samr_password_info, status, OUT),
};
const struct ndr_type samr_ndr_user_password_info = NDR_TYPE(
    "SamrGetUserDomainPasswordInformation", CALL, 1, struct samr_password_info, user_password_rows);
const struct ndr_type samr_ndr_domain_password_info = NDR_TYPE(
    "SamrGetDomainPasswordInformation", CALL, 1, struct samr_password_info, domain_password_rows);

/* --- lists for people ------------------------------------------------------------------------ */

#define ENTRY_ROWS                                                                                 \
    ROW(U32, samr_display_entry, index), ROW(U32, samr_display_entry, rid),                        \
        ROW(U32, samr_display_entry, control), ROW(USTR, samr_display_entry, name),                \
        ROW(USTR, samr_display_entry, comment)
static const struct ndr_type user_entry =
    NDR_TABLE(STRUCT, struct samr_display_entry, "SAMPR_DOMAIN_DISPLAY_USER", 4, ENTRY_ROWS,
              ROW(USTR, samr_display_entry, full_name));
static const struct ndr_type other_entry =
    NDR_TABLE(STRUCT, struct samr_display_entry, "SAMPR_DOMAIN_DISPLAY_MACHINE", 4, ENTRY_ROWS);
static const struct ndr_type oem_entry =
    NDR_TABLE(STRUCT, struct samr_oem_entry, "SAMPR_DOMAIN_DISPLAY_OEM_USER", 4,
              ROW(U32, samr_oem_entry, index), ROW(U16, samr_oem_entry, length),
              ROW(U16, samr_oem_entry, size),
              ROW(U8, samr_oem_entry, name, UNIQUE, SIZE_LENGTH(samr_oem_entry, size, length)));

#define ENTRIES_TABLE(T, name, e)                                                                  \
    NDR_TABLE(STRUCT, struct T, name, 4, ROW(U32, T, count),                                       \
              ROW(STRUCT, T, entries, UNIQUE, SIZE(T, count), LIMIT(SAMR_LIST_MAX), OF(e)))
static const struct ndr_type user_entries =
    ENTRIES_TABLE(samr_display_entries, "SAMPR_DOMAIN_DISPLAY_USER_BUFFER", user_entry);
static const struct ndr_type other_entries =
    ENTRIES_TABLE(samr_display_entries, "SAMPR_DOMAIN_DISPLAY_MACHINE_BUFFER", other_entry);
static const struct ndr_type oem_entries =
    ENTRIES_TABLE(samr_oem_entries, "SAMPR_DOMAIN_DISPLAY_OEM_USER_BUFFER", oem_entry);

static const struct ndr_type display_info =
    NDR_TABLE(UNION, union samr_display_info, "SAMPR_DISPLAY_INFO_BUFFER", 2,
              ARM(SAMR_DISPLAY_USER, STRUCT, OF(user_entries)),
              ARM(SAMR_DISPLAY_MACHINE, STRUCT, OF(other_entries)),
              ARM(SAMR_DISPLAY_GROUP, STRUCT, OF(other_entries)),
              ARM(SAMR_DISPLAY_OEM_USER, STRUCT, OF(oem_entries)),
              ARM(SAMR_DISPLAY_OEM_GROUP, STRUCT, OF(oem_entries)));

#define DISPLAY_TABLE(name)                                                                        \
    NDR_TABLE(CALL, struct samr_display, name, 1, HANDLE(samr_display, handle, IN),                \
              ROW(U16, samr_display, level, IN), ROW(U32, samr_display, index, IN),                \
              ROW(U32, samr_display, max_entries, IN), ROW(U32, samr_display, max_size, IN),       \
              ROW(U32, samr_display, total_size, OUT), ROW(U32, samr_display, returned_size, OUT), \
              ROW(UNION, samr_display, info, OUT, OF(display_info), SWITCH(samr_display, level)),  \
              ROW(U32, samr_display, status, OUT))
const struct ndr_type samr_ndr_display = DISPLAY_TABLE("SamrQueryDisplayInformation");
const struct ndr_type samr_ndr_display2 = DISPLAY_TABLE("SamrQueryDisplayInformation2");
const struct ndr_type samr_ndr_display3 = DISPLAY_TABLE("SamrQueryDisplayInformation3");
