/*
 * SAMR: a password changed by who knows the old one ([MS-SAMR] 3.1.5.10). New passwords are under
 * the NT hash of the old one, and that hash under the new one's.
 */
#ifndef WIRE_RPC_SAMR_PASSWORD_H
#define WIRE_RPC_SAMR_PASSWORD_H

#include "wire/rpc/samr_domain.h"
#include "wire/rpc/samr_user.h"

struct samr_sealed_password {
    uint8_t bytes[SAMR_PASSWORD_SIZE];
};
struct samr_sealed_hash {
    uint8_t bytes[16];
};

enum samr_reject { /* why a new password does not do, as ChangePasswordUser3 tells it */
                   SAMR_REJECT_OTHER = 0,
                   SAMR_REJECT_TOO_SHORT = 1,
                   SAMR_REJECT_IN_HISTORY = 2,
                   SAMR_REJECT_NOT_COMPLEX = 5,
};
struct samr_rejection {
    uint32_t why;
    struct span filter; /* none */
};

/* SamrUnicodeChangePasswordUser2; ChangePasswordUser3, which [MS-SAMR] keeps to itself and Samba's
 * IDL describes, has the last three besides. */
struct samr_change_password {
    struct span server, user;
    struct samr_sealed_password *password; /* NULL: none; likewise the others */
    struct samr_sealed_hash *verifier;
    uint8_t lm;
    struct samr_sealed_password *lm_password;
    struct samr_sealed_hash *lm_verifier;
    struct samr_sealed_password *password3;
    struct samr_domain_password *policy;
    struct samr_rejection *rejection;
    uint32_t status;
};

struct samr_change_password4 { /* SamrUnicodeChangePasswordUser4 */
    struct span server, user;
    struct samr_password_aes password;
    uint32_t status;
};

extern const struct ndr_type samr_ndr_change_password2, samr_ndr_change_password3,
    samr_ndr_change_password4;

#endif
