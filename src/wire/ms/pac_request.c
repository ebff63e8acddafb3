#include "wire/ms/pac_request.h"

#define VERIFY_PAC 3 /* MessageType */

enum err pac_request_decode(struct span bytes, struct pac_request *out)
{
    struct reader r = reader_of(bytes);
    struct pac_request q;

    if (reader_le32(&r) != VERIFY_PAC)
        reader_fail(&r, ERR_MALFORMED);
    uint32_t server_size = reader_le32(&r);
    q.kdc_cksumtype = (int32_t)reader_le32(&r);
    uint32_t kdc_size = reader_le32(&r);
    if (server_size > PAC_SIGNATURE_MAX || kdc_size > PAC_SIGNATURE_MAX)
        reader_fail(&r, ERR_LIMIT);
    q.server = reader_span(&r, server_size);
    q.kdc = reader_span(&r, kdc_size);
    TRY(reader_end_whole(&r));
    *out = q;
    return ERR_OK;
}

enum err pac_request_verify(const struct pac_request *r, const struct krb_usage *kdc)
{
    return krb_checksum_verify(kdc, r->kdc_cksumtype, &r->server, 1, r->kdc);
}
