/* A message in: what was read of its signature and its keys is written again and reads the same. */
#include "wire/dns/dns_tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sign_again(struct span msg, const struct dns_signed *m, struct arena *a)
{
    struct builder b;
    struct span covered, out;
    struct dns_signed again;
    builder_in(&b, a, 2 * DNS_MSG_MAX);
    dns_tsig_covers_request(&b, msg, m);
    ENT_ASSERT(builder_done(&b, &covered) == ERR_OK);
    /* Without its signature: what is covered, but for the variables at its end. */
    struct span bare = span_sub(covered, 0, m->tsig_at);
    builder_in(&b, a, 2 * DNS_MSG_MAX);
    dns_tsig_put(&b, bare, &m->tsig);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    if (dns_signed_parse(out, a, &again) != ERR_OK)
        return; /* an uncompressed name may make it too long */
    ENT_ASSERT(again.has_tsig && again.tsig_at == m->tsig_at &&
               dns_name_eq(again.tsig.key, m->tsig.key) && span_eq(again.tsig.mac, m->tsig.mac) &&
               again.tsig.time == m->tsig.time);
}

static void tkey_again(const struct dns_rr *rr, struct arena *a)
{
    struct dns_tkey tkey;
    struct builder b;
    struct span out;
    if (rr->type != DNS_TYPE_TKEY || dns_tkey_decode(rr->rdata, &tkey) != ERR_OK)
        return;
    builder_in(&b, a, 2 * DNS_MSG_MAX);
    dns_tkey_put(&b, &tkey);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK && span_eq(out, rr->rdata));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct dns_signed m;
    struct dns_query q;
    struct span msg = span_of(data, size);
    arena_init(&a, 0, 8 << 20, 0);
    if (dns_query_parse(msg, &q) != DNS_TAKE_DROP && dns_signed_parse(msg, &a, &m) == ERR_OK) {
        if (m.has_tsig)
            sign_again(msg, &m, &a);
        for (size_t i = 0; i < m.section[DNS_SECTION_ADDITIONAL].count; i++)
            tkey_again(&m.section[DNS_SECTION_ADDITIONAL].rrs[i], &a);
    }
    arena_fini(&a);
    return 0;
}
