#include "crypt/krb_etype.h"

#include "base/text.h"

#define ETYPE_FIRST ETYPE_AES128_SHA1

static const struct krb_etype_info infos[] = {
    [ETYPE_AES128_SHA1 - ETYPE_FIRST] = {"aes128-cts-hmac-sha1-96", FAMILY_SHA1, HASH_SHA1,
                                         CKSUM_HMAC_SHA1_AES128, 4096, 16, 16, 12, 16},
    [ETYPE_AES256_SHA1 - ETYPE_FIRST] = {"aes256-cts-hmac-sha1-96", FAMILY_SHA1, HASH_SHA1,
                                         CKSUM_HMAC_SHA1_AES256, 4096, 32, 16, 12, 16},
    [ETYPE_AES128_SHA256 - ETYPE_FIRST] = {"aes128-cts-hmac-sha256-128", FAMILY_SHA2, HASH_SHA256,
                                           CKSUM_HMAC_SHA256_AES128, 32768, 16, 16, 16, 32},
    [ETYPE_AES256_SHA384 - ETYPE_FIRST] = {"aes256-cts-hmac-sha384-192", FAMILY_SHA2, HASH_SHA384,
                                           CKSUM_HMAC_SHA384_AES256, 32768, 32, 16, 24, 48},
    [ETYPE_RC4_HMAC -
        ETYPE_FIRST] = {"arcfour-hmac", FAMILY_RC4, HASH_MD5, CKSUM_HMAC_MD5, 0, 16, 8, 16, 20},
};

const struct krb_etype_info *krb_etype_info(int32_t etype)
{
    if (etype < ETYPE_FIRST || etype > ETYPE_RC4_HMAC || !infos[etype - ETYPE_FIRST].name)
        return NULL;
    return &infos[etype - ETYPE_FIRST];
}

bool krb_etype_known(int32_t etype)
{
    return krb_etype_info(etype) != NULL;
}

const char *krb_etype_name(int32_t etype)
{
    const struct krb_etype_info *info = krb_etype_info(etype);
    return info ? info->name : "unknown-etype";
}

size_t krb_key_size(int32_t etype)
{
    const struct krb_etype_info *info = krb_etype_info(etype);
    return info ? info->key_size : 0;
}

size_t krb_confounder_size(int32_t etype)
{
    const struct krb_etype_info *info = krb_etype_info(etype);
    return info ? info->confounder_size : 0;
}

size_t krb_prf_size(int32_t etype)
{
    const struct krb_etype_info *info = krb_etype_info(etype);
    return info ? info->prf_size : 0;
}

int32_t krb_etype_cksum(int32_t etype)
{
    const struct krb_etype_info *info = krb_etype_info(etype);
    return info ? info->cksumtype : 0;
}

size_t krb_cksum_size(int32_t cksumtype)
{
    for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++)
        if (infos[i].name && infos[i].cksumtype == cksumtype)
            return infos[i].mac_size;
    return 0;
}

void krb_key_wipe(struct krb_key *k)
{
    mem_wipe(k, sizeof(*k));
}

enum err krb_key_make(int32_t etype, struct span bytes, struct krb_key *out)
{
    const struct krb_etype_info *info = krb_etype_info(etype);

    if (!info)
        return ERR_UNSUPPORTED;
    if (bytes.len != info->key_size)
        return ERR_RANGE;
    *out = (struct krb_key){.etype = etype, .len = info->key_size};
    memcpy(out->bytes, bytes.ptr, bytes.len);
    return ERR_OK;
}

enum err krb_random_to_key(int32_t etype, struct span random, struct krb_key *out)
{
    return krb_key_make(etype, random, out);
}
