/*
 * Keys prepared for their usages, kept from request to request: deriving and scheduling them costs
 * as much as using them once (0.65 us each, docs/PERFORMANCE.md).
 *
 * A prepared usage is a function of the key's bytes, the usage number and the parts, and those are
 * what it is found by: it cannot become stale, and nothing needs to tell this cache of changes. Who
 * may not use a key any more does not come here with it.
 *
 * Only long-term keys come here (of accounts, of krbtgt, of trusts); session keys are used once and
 * prepared on the stack. Entries are wiped when they go. Not thread-safe.
 */
#ifndef KDC_KDC_USAGES_H
#define KDC_KDC_USAGES_H

#include "crypt/krb_crypto.h"
#include "kdc/kdc_table.h"

#define KDC_USAGES_BYTES (10u << 20)

void kdc_usages_init(struct kdc_table *t);

/* The key prepared for one usage and some parts (enum krb_usage_part). *out is good until the end
 * of the request. Errors of krb_usage_init_for; ERR_NOMEM. */
enum err kdc_usages_get(struct kdc_table *t, const struct krb_key *key, uint32_t number,
                        unsigned parts, const struct krb_usage **out);

#endif
