#include "wire/rpc/samr_password.h"

#include "wire/ndr/ndr_table.h"

static const struct ndr_type sealed_password =
    NDR_TABLE(STRUCT, struct samr_sealed_password, "SAMPR_ENCRYPTED_USER_PASSWORD", 1,
              ROW(U8, samr_sealed_password, bytes, FIXED(SAMR_PASSWORD_SIZE)));
static const struct ndr_type sealed_hash =
    NDR_TABLE(STRUCT, struct samr_sealed_hash, "ENCRYPTED_NT_OWF_PASSWORD", 1,
              ROW(U8, samr_sealed_hash, bytes, FIXED(16)));
static const struct ndr_type rejection =
    NDR_TABLE(STRUCT, struct samr_rejection, "USER_PWD_CHANGE_FAILURE_INFORMATION", 4,
              ROW(U32, samr_rejection, why), ROW(USTR, samr_rejection, filter));

#define SEALED(member, of) ROW(STRUCT, samr_change_password, member, IN, UNIQUE, OF(of))
#define CHANGE_ROWS                                                                                \
    ROW(USTR, samr_change_password, server, IN, UNIQUE),                                           \
        ROW(USTR, samr_change_password, user, IN), SEALED(password, sealed_password),              \
        SEALED(verifier, sealed_hash), ROW(U8, samr_change_password, lm, IN),                      \
        SEALED(lm_password, sealed_password), SEALED(lm_verifier, sealed_hash)
const struct ndr_type samr_ndr_change_password2 =
    NDR_TABLE(CALL, struct samr_change_password, "SamrUnicodeChangePasswordUser2", 1, CHANGE_ROWS,
              ROW(U32, samr_change_password, status, OUT));
const struct ndr_type samr_ndr_change_password3 =
    NDR_TABLE(CALL, struct samr_change_password, "ChangePasswordUser3", 1, CHANGE_ROWS,
              SEALED(password3, sealed_password),
              ROW(STRUCT, samr_change_password, policy, OUT, UNIQUE, OF(samr_ndr_domain_policy)),
              ROW(STRUCT, samr_change_password, rejection, OUT, UNIQUE, OF(rejection)),
              ROW(U32, samr_change_password, status, OUT));
const struct ndr_type samr_ndr_change_password4 =
    NDR_TABLE(CALL, struct samr_change_password4, "SamrUnicodeChangePasswordUser4", 1,
              ROW(USTR, samr_change_password4, server, IN, UNIQUE),
              ROW(USTR, samr_change_password4, user, IN),
              ROW(STRUCT, samr_change_password4, password, IN, OF(samr_ndr_password_aes)),
              ROW(U32, samr_change_password4, status, OUT));
