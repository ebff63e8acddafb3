#include "wire/rpc/lsa_lookup.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

static const struct ndr_type domains = NDR_TABLE(
    STRUCT, struct lsa_domains, "LSAPR_REFERENCED_DOMAIN_LIST", 4, ROW(U32, lsa_domains, count),
    ROW(STRUCT, lsa_domains, domains, UNIQUE, SIZE(lsa_domains, count), LIMIT(LSA_SIDS_MAX),
        OF(lsa_ndr_domain)),
    ROW(U32, lsa_domains, max_entries));

/* A list type T of items. */
#define LIST(T, name, max, item)                                                                   \
    NDR_TABLE(STRUCT, struct T, name, 4, ROW(U32, T, count),                                       \
              ROW(STRUCT, T, LIST_MEMBER, UNIQUE, SIZE(T, count), LIMIT(max), OF(item)))

/* --- translated SIDs ------------------------------------------------------------------------- */

static const struct ndr_type translated_sid = NDR_TABLE(
    STRUCT, struct lsa_translated_sid, "LSA_TRANSLATED_SID", 4, ROW(U16, lsa_translated_sid, use),
    ROW(U32, lsa_translated_sid, rid), ROW(U32, lsa_translated_sid, domain));
static const struct ndr_type translated_sid_ex =
    NDR_TABLE(STRUCT, struct lsa_translated_sid_ex, "LSAPR_TRANSLATED_SID_EX", 4,
              ROW(U16, lsa_translated_sid_ex, use), ROW(U32, lsa_translated_sid_ex, rid),
              ROW(U32, lsa_translated_sid_ex, domain), ROW(U32, lsa_translated_sid_ex, flags));
static const struct ndr_type translated_sid_ex2 =
    NDR_TABLE(STRUCT, struct lsa_translated_sid_ex2, "LSAPR_TRANSLATED_SID_EX2", 4,
              ROW(U16, lsa_translated_sid_ex2, use),
              ROW(STRUCT, lsa_translated_sid_ex2, sid, UNIQUE, OF(ndr_sid)),
              ROW(U32, lsa_translated_sid_ex2, domain), ROW(U32, lsa_translated_sid_ex2, flags));

#define LIST_MEMBER sids
static const struct ndr_type translated_sids =
    LIST(lsa_translated_sids, "LSAPR_TRANSLATED_SIDS", LSA_NAMES_MAX, translated_sid);
static const struct ndr_type translated_sids_ex =
    LIST(lsa_translated_sids_ex, "LSAPR_TRANSLATED_SIDS_EX", LSA_NAMES_MAX, translated_sid_ex);
static const struct ndr_type translated_sids_ex2 =
    LIST(lsa_translated_sids_ex2, "LSAPR_TRANSLATED_SIDS_EX2", LSA_NAMES_MAX, translated_sid_ex2);
#undef LIST_MEMBER

/* --- translated names ------------------------------------------------------------------------ */

static const struct ndr_type translated_name =
    NDR_TABLE(STRUCT, struct lsa_translated_name, "LSAPR_TRANSLATED_NAME", 4,
              ROW(U16, lsa_translated_name, use), ROW(USTR, lsa_translated_name, name),
              ROW(U32, lsa_translated_name, domain));
static const struct ndr_type translated_name_ex =
    NDR_TABLE(STRUCT, struct lsa_translated_name_ex, "LSAPR_TRANSLATED_NAME_EX", 4,
              ROW(U16, lsa_translated_name_ex, use), ROW(USTR, lsa_translated_name_ex, name),
              ROW(U32, lsa_translated_name_ex, domain), ROW(U32, lsa_translated_name_ex, flags));

#define LIST_MEMBER names
static const struct ndr_type translated_names =
    LIST(lsa_translated_names, "LSAPR_TRANSLATED_NAMES", LSA_SIDS_MAX, translated_name);
static const struct ndr_type translated_names_ex =
    LIST(lsa_translated_names_ex, "LSAPR_TRANSLATED_NAMES_EX", LSA_SIDS_MAX, translated_name_ex);
#undef LIST_MEMBER

/* --- calls ----------------------------------------------------------------------------------- */

/* LookupNames and its successors differ in their handle, in what they answer, and in two last
 * parameters; so do LookupSids and its successors. */
#define HANDLE(T) ROW(STRUCT, T, handle, IN, OF(rpc_ndr_handle))
#define NAMES(T, translated)                                                                       \
    ROW(U32, T, count, IN), ROW(USTR, T, names, IN, REF, SIZE(T, count), LIMIT(LSA_NAMES_MAX)),    \
        ROW(STRUCT, T, domains, OUT, UNIQUE, OF(domains)),                                         \
        ROW(STRUCT, T, sids, IN_OUT, OF(translated)), ROW(U16, T, level, IN),                      \
        ROW(U32, T, mapped, IN_OUT)
#define SIDS(T, translated)                                                                        \
    ROW(STRUCT, T, sids, IN, OF(lsa_ndr_sids)), ROW(STRUCT, T, domains, OUT, UNIQUE, OF(domains)), \
        ROW(STRUCT, T, names, IN_OUT, OF(translated)), ROW(U16, T, level, IN),                     \
        ROW(U32, T, mapped, IN_OUT)
#define OPTIONS(T) ROW(U32, T, options, IN), ROW(U32, T, revision, IN)
#define STATUS(T)  ROW(U32, T, status, OUT)

const struct ndr_type lsa_ndr_lookup_names =
    NDR_TABLE(CALL, struct lsa_lookup_names, "LsarLookupNames", 1, HANDLE(lsa_lookup_names),
              NAMES(lsa_lookup_names, translated_sids), STATUS(lsa_lookup_names));

const struct ndr_type lsa_ndr_lookup_names2 =
    NDR_TABLE(CALL, struct lsa_lookup_names2, "LsarLookupNames2", 1, HANDLE(lsa_lookup_names2),
              NAMES(lsa_lookup_names2, translated_sids_ex), OPTIONS(lsa_lookup_names2),
              STATUS(lsa_lookup_names2));

const struct ndr_type lsa_ndr_lookup_names3 =
    NDR_TABLE(CALL, struct lsa_lookup_names3, "LsarLookupNames3", 1, HANDLE(lsa_lookup_names3),
              NAMES(lsa_lookup_names3, translated_sids_ex2), OPTIONS(lsa_lookup_names3),
              STATUS(lsa_lookup_names3));

const struct ndr_type lsa_ndr_lookup_names4 =
    NDR_TABLE(CALL, struct lsa_lookup_names3, "LsarLookupNames4", 1,
              NAMES(lsa_lookup_names3, translated_sids_ex2), OPTIONS(lsa_lookup_names3),
              STATUS(lsa_lookup_names3));

const struct ndr_type lsa_ndr_lookup_sids =
    NDR_TABLE(CALL, struct lsa_lookup_sids, "LsarLookupSids", 1, HANDLE(lsa_lookup_sids),
              SIDS(lsa_lookup_sids, translated_names), STATUS(lsa_lookup_sids));

const struct ndr_type lsa_ndr_lookup_sids2 =
    NDR_TABLE(CALL, struct lsa_lookup_sids2, "LsarLookupSids2", 1, HANDLE(lsa_lookup_sids2),
              SIDS(lsa_lookup_sids2, translated_names_ex), OPTIONS(lsa_lookup_sids2),
              STATUS(lsa_lookup_sids2));

const struct ndr_type lsa_ndr_lookup_sids3 =
    NDR_TABLE(CALL, struct lsa_lookup_sids2, "LsarLookupSids3", 1,
              SIDS(lsa_lookup_sids2, translated_names_ex), OPTIONS(lsa_lookup_sids2),
              STATUS(lsa_lookup_sids2));

static const struct ndr_type name_pointer =
    NDR_TABLE(STRUCT, struct lsa_name_pointer, "PRPC_UNICODE_STRING", 4,
              ROW(USTR, lsa_name_pointer, name, UNIQUE));

const struct ndr_type lsa_ndr_get_user_name =
    NDR_TABLE(CALL, struct lsa_get_user_name, "LsarGetUserName", 1,
              ROW(WSTR, lsa_get_user_name, system, IN, UNIQUE),
              ROW(USTR, lsa_get_user_name, user, IN_OUT, UNIQUE),
              ROW(STRUCT, lsa_get_user_name, domain, IN_OUT, UNIQUE, OF(name_pointer)),
              STATUS(lsa_get_user_name));
