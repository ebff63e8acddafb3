#include "wire/ms/fuzz.h"
#include "wire/ms/pac_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct krb_usage usage;
    const struct krb_key key = {.etype = ETYPE_AES256_SHA1, .len = 32};
    struct pac_request r;

    if (usage.etype == 0)
        ENT_ASSERT(krb_usage_init(&usage, &key, PAC_KEY_USAGE) == ERR_OK);
    if (pac_request_decode(span_of(data, size), &r) != ERR_OK)
        return 0;
    ENT_ASSERT(16 + r.server.len + r.kdc.len == size);
    (void)pac_request_verify(&r, &usage);
    return 0;
}
