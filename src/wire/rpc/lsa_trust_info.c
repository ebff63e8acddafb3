#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"
#include "wire/rpc/lsa_trust.h"
#include "wire/rpc/lsa_trust_tables.h"

#define CONTROLLERS_MAX 5

/* --- LSAPR_TRUSTED_DOMAIN_INFO --------------------------------------------------------------- */

static const struct ndr_type name_info =
    NDR_TABLE(STRUCT, struct lsa_trusted_name, "LSAPR_TRUSTED_DOMAIN_NAME_INFO", 4,
              ROW(USTR, lsa_trusted_name, name, LARGE));
static const struct ndr_type controllers =
    NDR_TABLE(STRUCT, struct lsa_trusted_controllers, "LSAPR_TRUSTED_CONTROLLERS_INFO", 4,
              ROW(U32, lsa_trusted_controllers, count),
              ROW(USTR, lsa_trusted_controllers, names, LARGE, UNIQUE,
                  SIZE(lsa_trusted_controllers, count), LIMIT(CONTROLLERS_MAX)));
static const struct ndr_type posix =
    NDR_TABLE(STRUCT, struct lsa_trusted_posix, "TRUSTED_POSIX_OFFSET_INFO", 4,
              ROW(U32, lsa_trusted_posix, offset));
/* LSAPR_TRUST_INFORMATION, but without room for a zero at the name's end. */
static const struct ndr_type basic =
    NDR_TABLE(STRUCT, struct lsa_domain, "LSAPR_TRUSTED_DOMAIN_INFORMATION_BASIC", 4,
              ROW(USTR, lsa_domain, name), ROW(STRUCT, lsa_domain, sid, UNIQUE, OF(ndr_sid)));
static const struct ndr_type password =
    NDR_TABLE(STRUCT, struct lsa_trusted_password, "LSAPR_TRUSTED_PASSWORD_INFO", 4,
              ROW(STRUCT, lsa_trusted_password, current, UNIQUE, OF(lsa_ndr_cipher)),
              ROW(STRUCT, lsa_trusted_password, previous, UNIQUE, OF(lsa_ndr_cipher)));

const struct ndr_type lsa_ndr_trusted_ex = NDR_TABLE(
    STRUCT, struct lsa_trusted_ex, "LSAPR_TRUSTED_DOMAIN_INFORMATION_EX", 4,
    ROW(USTR, lsa_trusted_ex, dns_name, LARGE), ROW(USTR, lsa_trusted_ex, flat_name, LARGE),
    ROW(STRUCT, lsa_trusted_ex, sid, UNIQUE, OF(ndr_sid)), ROW(U32, lsa_trusted_ex, direction),
    ROW(U32, lsa_trusted_ex, type), ROW(U32, lsa_trusted_ex, attributes));

static const struct ndr_type auth_info = NDR_TABLE(
    STRUCT, struct lsa_auth_info, "LSAPR_AUTH_INFORMATION", 8, ROW(U64, lsa_auth_info, time),
    ROW(U32, lsa_auth_info, type), ROW(STRUCT, lsa_auth_info, data, OF(rpc_ndr_bytes)));
#define AUTH_POINTER(m) ROW(STRUCT, lsa_trusted_auth, m, UNIQUE, OF(auth_info))
const struct ndr_type lsa_ndr_trusted_auth =
    NDR_TABLE(STRUCT, struct lsa_trusted_auth, "LSAPR_TRUSTED_DOMAIN_AUTH_INFORMATION", 4,
              ROW(U32, lsa_trusted_auth, incoming_count), AUTH_POINTER(incoming),
              AUTH_POINTER(incoming_previous), ROW(U32, lsa_trusted_auth, outgoing_count),
              AUTH_POINTER(outgoing), AUTH_POINTER(outgoing_previous));

const struct ndr_type lsa_ndr_trusted_auth_internal = NDR_TABLE(
    STRUCT, struct lsa_trusted_auth_internal, "LSAPR_TRUSTED_DOMAIN_AUTH_INFORMATION_INTERNAL", 4,
    ROW(STRUCT, lsa_trusted_auth_internal, blob, OF(rpc_ndr_bytes)));
const struct ndr_type lsa_ndr_trusted_auth_aes = NDR_TABLE(
    STRUCT, struct lsa_trusted_auth_aes, "LSAPR_TRUSTED_DOMAIN_AUTH_INFORMATION_INTERNAL_AES", 4,
    ROW(U8, lsa_trusted_auth_aes, auth, FIXED(64)), ROW(U8, lsa_trusted_auth_aes, salt, FIXED(16)),
    ROW(STRUCT, lsa_trusted_auth_aes, cipher, OF(rpc_ndr_bytes)));

static const struct ndr_type ex2 =
    NDR_TABLE(STRUCT, struct lsa_trusted_ex2, "LSAPR_TRUSTED_DOMAIN_INFORMATION_EX2", 4,
              ROW(STRUCT, lsa_trusted_ex2, ex, OF(lsa_ndr_trusted_ex)),
              ROW(STRUCT, lsa_trusted_ex2, forest_info, OF(rpc_ndr_bytes)));

#define FULL_INFO(T, name, info, info_type, auth_type)                                             \
    NDR_TABLE(STRUCT, struct T, name, 4, ROW(STRUCT, T, info, OF(info_type)),                      \
              ROW(STRUCT, T, posix, OF(posix)), ROW(STRUCT, T, auth, OF(auth_type)))
static const struct ndr_type full =
    FULL_INFO(lsa_trusted_full, "LSAPR_TRUSTED_DOMAIN_FULL_INFORMATION", ex, lsa_ndr_trusted_ex,
              lsa_ndr_trusted_auth);
static const struct ndr_type full_internal =
    FULL_INFO(lsa_trusted_full_internal, "LSAPR_TRUSTED_DOMAIN_FULL_INFORMATION_INTERNAL", ex,
              lsa_ndr_trusted_ex, lsa_ndr_trusted_auth_internal);
static const struct ndr_type full2 = FULL_INFO(
    lsa_trusted_full2, "LSAPR_TRUSTED_DOMAIN_FULL_INFORMATION2", ex2, ex2, lsa_ndr_trusted_auth);
static const struct ndr_type full_aes =
    FULL_INFO(lsa_trusted_full_aes, "LSAPR_TRUSTED_DOMAIN_FULL_INFORMATION_INTERNAL_AES", ex,
              lsa_ndr_trusted_ex, lsa_ndr_trusted_auth_aes);

static const struct ndr_type encryption =
    NDR_TABLE(STRUCT, struct lsa_trusted_encryption, "TRUSTED_DOMAIN_SUPPORTED_ENCRYPTION_TYPES", 4,
              ROW(U32, lsa_trusted_encryption, types));

const struct ndr_type lsa_ndr_trusted_info = NDR_TABLE(
    MS_UNION, union lsa_trusted_info, "LSAPR_TRUSTED_DOMAIN_INFO", 2,
    ARM(LSA_TRUSTED_NAME, STRUCT, OF(name_info)),
    ARM(LSA_TRUSTED_CONTROLLERS, STRUCT, OF(controllers)),
    ARM(LSA_TRUSTED_POSIX, STRUCT, OF(posix)), ARM(LSA_TRUSTED_PASSWORD, STRUCT, OF(password)),
    ARM(LSA_TRUSTED_BASIC, STRUCT, OF(basic)), ARM(LSA_TRUSTED_EX, STRUCT, OF(lsa_ndr_trusted_ex)),
    ARM(LSA_TRUSTED_AUTH, STRUCT, OF(lsa_ndr_trusted_auth)),
    ARM(LSA_TRUSTED_FULL, STRUCT, OF(full)),
    ARM(LSA_TRUSTED_AUTH_INTERNAL, STRUCT, OF(lsa_ndr_trusted_auth_internal)),
    ARM(LSA_TRUSTED_FULL_INTERNAL, STRUCT, OF(full_internal)),
    ARM(LSA_TRUSTED_EX2_INTERNAL, STRUCT, OF(ex2)),
    ARM(LSA_TRUSTED_FULL2_INTERNAL, STRUCT, OF(full2)),
    ARM(LSA_TRUSTED_ENCRYPTION_TYPES, STRUCT, OF(encryption)),
    ARM(LSA_TRUSTED_AUTH_INTERNAL_AES, STRUCT, OF(lsa_ndr_trusted_auth_aes)),
    ARM(LSA_TRUSTED_FULL_INTERNAL_AES, STRUCT, OF(full_aes)));

/* --- LSA_FOREST_TRUST_INFORMATION ------------------------------------------------------------ */

static const struct ndr_type forest_domain = NDR_TABLE(
    STRUCT, struct lsa_forest_domain, "LSA_FOREST_TRUST_DOMAIN_INFO", 4,
    ROW(STRUCT, lsa_forest_domain, sid, UNIQUE, OF(ndr_sid)),
    ROW(USTR, lsa_forest_domain, dns_name, LARGE), ROW(USTR, lsa_forest_domain, flat_name, LARGE));
static const struct ndr_type forest_data = NDR_TABLE(
    MS_UNION, union lsa_forest_data, "ForestTrustData", 2, ARM(FOREST_TLN, USTR, LARGE),
    ARM(FOREST_TLN_EXCLUSION, USTR, LARGE), ARM(FOREST_DOMAIN, STRUCT, OF(forest_domain)),
    ARM(FOREST_SCANNER, STRUCT, OF(forest_domain)), ARM_DEFAULT(STRUCT, OF(rpc_ndr_bytes)));
static const struct ndr_type forest_record = NDR_TABLE(
    STRUCT, struct lsa_forest_record, "LSA_FOREST_TRUST_RECORD", 8,
    ROW(U32, lsa_forest_record, flags), ROW(U16, lsa_forest_record, type),
    ROW(U64, lsa_forest_record, time),
    ROW(UNION, lsa_forest_record, data, OF(forest_data), SWITCH(lsa_forest_record, type)));
static const struct ndr_type forest_entry =
    NDR_TABLE(STRUCT, struct lsa_forest_entry, "PLSA_FOREST_TRUST_RECORD", 4,
              ROW(STRUCT, lsa_forest_entry, record, UNIQUE, OF(forest_record)));
const struct ndr_type lsa_ndr_forest_info =
    NDR_TABLE(STRUCT, struct lsa_forest_info, "LSA_FOREST_TRUST_INFORMATION", 4,
              ROW(U32, lsa_forest_info, count),
              ROW(STRUCT, lsa_forest_info, entries, UNIQUE, SIZE(lsa_forest_info, count),
                  LIMIT(FOREST_RECORDS_MAX), OF(forest_entry)));

static const struct ndr_type collision =
    NDR_TABLE(STRUCT, struct lsa_collision, "LSA_FOREST_TRUST_COLLISION_RECORD", 4,
              ROW(U32, lsa_collision, index), ROW(U16, lsa_collision, type),
              ROW(U32, lsa_collision, flags), ROW(USTR, lsa_collision, name));
static const struct ndr_type collision_entry =
    NDR_TABLE(STRUCT, struct lsa_collision_entry, "PLSA_FOREST_TRUST_COLLISION_RECORD", 4,
              ROW(STRUCT, lsa_collision_entry, record, UNIQUE, OF(collision)));
const struct ndr_type lsa_ndr_collisions =
    NDR_TABLE(STRUCT, struct lsa_collisions, "LSA_FOREST_TRUST_COLLISION_INFORMATION", 4,
              ROW(U32, lsa_collisions, count),
              ROW(STRUCT, lsa_collisions, entries, UNIQUE, SIZE(lsa_collisions, count),
                  LIMIT(FOREST_RECORDS_MAX), OF(collision_entry)));
