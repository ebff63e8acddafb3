#include "wire/ms/fuzz.h"
#include "wire/ms/pac_sign.h"

/* Contents that decoded are written again and must decode again. */
static void buffer(struct arena *a, unsigned type, struct span contents)
{
    struct pac_logon_info logon;
    struct pac_client_info client;
    struct pac_upn_dns upn;
    struct pac_delegation delegation;
    struct sid sid;
    uint32_t flags;
    struct builder b;

    builder_in(&b, a, 2 * PAC_MAX);
    if (type == PAC_LOGON_INFO && pac_logon_info(contents, a, &logon) == ERR_OK) {
        pac_put_logon_info(&b, &logon);
        ENT_ASSERT(pac_logon_info(fuzz_bytes(&b), a, &logon) == ERR_OK);
    } else if (type == PAC_CLIENT_INFO && pac_client_info(contents, a, &client) == ERR_OK) {
        pac_put_client_info(&b, &client);
        ENT_ASSERT(span_eq(fuzz_bytes(&b), contents));
    } else if (type == PAC_UPN_DNS && pac_upn_dns(contents, a, &upn) == ERR_OK) {
        pac_put_upn_dns(&b, &upn);
        ENT_ASSERT(pac_upn_dns(fuzz_bytes(&b), a, &upn) == ERR_OK);
    } else if (type == PAC_DELEGATION && pac_delegation(contents, a, &delegation) == ERR_OK) {
        pac_put_delegation(&b, &delegation);
        ENT_ASSERT(pac_delegation(fuzz_bytes(&b), a, &delegation) == ERR_OK);
    }
    (void)pac_attributes(contents, &flags);
    (void)pac_requestor_sid(contents, &sid);
}

static void signatures(const struct pac *p)
{
    static struct krb_usage usage;
    const struct krb_key key = {.etype = ETYPE_AES256_SHA1, .len = 32};

    if (usage.etype == 0)
        ENT_ASSERT(krb_usage_init(&usage, &key, PAC_KEY_USAGE) == ERR_OK);
    (void)pac_verify_server(p, &usage);
    (void)pac_verify_kdc(p, &usage);
    (void)pac_verify_full(p, &usage);
    (void)pac_verify_ticket(p, &usage, &p->bytes, 1);
    (void)pac_rodc_id(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct pac p;

    if (pac_open(span_of(data, size), &p) != ERR_OK)
        return 0;
    arena_init(&a, 0, FUZZ_MEMORY, 0);
    for (unsigned i = 0; i < p.count; i++)
        buffer(&a, p.buffers[i].type, span_sub(p.bytes, p.buffers[i].offset, p.buffers[i].size));
    signatures(&p);
    arena_fini(&a);
    return 0;
}
