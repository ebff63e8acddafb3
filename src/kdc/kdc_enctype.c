/*
 * Which enctype: strongest first, as far as the account has keys for it, its
 * msDS-SupportedEncryptionTypes and the directory's settings allow it, and the client knows it
 * (CVE-2022-37966: session keys are AES unless the client knows nothing better).
 */
#include "kdc/kdc_request.h"

struct enctype_row {
    int32_t etype;
    uint32_t bit; /* that a service needs; 0: not expressible, so only for ourselves */
};

/* The order of preference. AES with SHA-2 comes after SHA-1's because services of AD cannot say
 * that they know it; clients that offer nothing else still get it from us. */
static const struct enctype_row preference[] = {
    {ETYPE_AES256_SHA1, ENCTYPE_BIT_AES256},
    {ETYPE_AES128_SHA1, ENCTYPE_BIT_AES128},
    {ETYPE_AES256_SHA384, 0},
    {ETYPE_AES128_SHA256, 0},
    {ETYPE_RC4_HMAC, ENCTYPE_BIT_RC4},
};
#define PREFERENCES (sizeof(preference) / sizeof(preference[0]))

bool kdc_etype_allowed(const struct kdc_request *r, int32_t etype)
{
    return etype != ETYPE_RC4_HMAC || r->domain->settings.allow_rc4;
}

bool kdc_list_has(const struct krb_ints *list, int32_t etype)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i] == etype)
            return true;
    }
    return false;
}

const struct krb_key *kdc_pick_key(const struct kdc_request *r, const struct kdc_account *account,
                                   const struct krb_ints *client_list)
{
    for (unsigned i = 0; i < PREFERENCES; i++) {
        const struct enctype_row *row = &preference[i];
        const struct krb_key *key = kdc_keys_find(&account->keys, 0, row->etype);
        if (!key || !kdc_etype_allowed(r, row->etype))
            continue;
        if (client_list ? !kdc_list_has(client_list, row->etype) : !(account->enctypes & row->bit))
            continue;
        return key;
    }
    return NULL;
}

int32_t kdc_session_etype(const struct kdc_request *r, const struct krb_ints *client_list,
                          uint32_t service_bits, bool ourselves)
{
    if (service_bits & ENCTYPE_BIT_AES256_SK)
        service_bits |= ENCTYPE_BIT_AES256 | ENCTYPE_BIT_AES128;
    for (unsigned i = 0; i < PREFERENCES; i++) {
        const struct enctype_row *row = &preference[i];
        if (kdc_list_has(client_list, row->etype) && kdc_etype_allowed(r, row->etype) &&
            (ourselves || (service_bits & row->bit)))
            return row->etype;
    }
    return 0;
}
