/*
 * One forest with a user and a service, a partner that is known by its trust alone, and the
 * exchanges that most tests begin with.
 */
#ifndef KDC_KDC_LAB_TEST_H
#define KDC_KDC_LAB_TEST_H

#include "kdc/kdc_armor_test.h"

#define OURS    "S-1-5-21-101-102-103"
#define PARTNER "S-1-5-21-201-202-203"
#define THIRD   "S-1-5-21-401-402-403"
#define CLOUD   "CLOUD.EXAMPLE.COM"
#define CORP    "CORP.EXAMPLE.NET"
#define WEB     "http/web1.cloud.example.com"

utime test_now = INT64_C(1790000000) * UTIME_SECOND;
struct realm *test_realms[4];
unsigned test_replies;

static struct realm cloud;
static struct arena arena;
static struct krb_key krbtgt_key, service_key, ada_key, subkey;

static inline void lab_trust(uint32_t attributes)
{
    struct sid sid = sid_of(PARTNER);
    struct forests_partner p = {"corp.example.net", "CORP", sid,
                                forests_info(&arena, "corp.example.net", "CORP", &sid)};
    forests_trust(&cloud, &p, TRUST_BOTH, attributes);
}

static inline int lab_setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 512u << 20, ARENA_WIPE);
    forests_start(&cloud, "cloud.example.com", "NIMBUS", OURS);
    forests_service(&cloud, "web1", WEB);
    forests_user(&cloud, "ada");
    lab_trust(TRUST_FOREST_TRANSITIVE);
    krbtgt_key = forge_account_key(&cloud, "krbtgt", &arena);
    service_key = forge_account_key(&cloud, "web1$", &arena);
    ada_key = forge_account_key(&cloud, "ada", &arena);
    subkey = armor_subkey();
    test_realms[0] = &cloud;
    return 0;
}

static inline int lab_teardown(void **state)
{
    (void)state;
    forests_stop(&cloud);
    arena_fini(&arena);
    return 0;
}

/* --- exchanges: what the last event said is forgotten before each ------------------------------
 */

static inline struct answer log_on(const char *who, const struct krb_key *key)
{
    struct answer got = forge_log_on(&cloud, who, key, &arena);
    if (got.error)
        fail_msg("%s: error %d, %s", who, got.error, reason_row(cloud.last.reason)->code);
    return got;
}

static inline struct answer ask(const struct forge_request *q)
{
    cloud.last.reason = REASON_NONE;
    return forge_ask(&cloud, q, &arena);
}

/* ada's AS-REQ, to be changed. */
static inline struct krb_kdc_req *as_request(void)
{
    struct krb_kdc_req *req;
    assert_ok(krb_decode_as_req(forge_as_req(&cloud, "ada", &ada_key, NULL, &arena), &arena, &req));
    return req;
}

static inline struct span as_encoded(const struct krb_kdc_req *req)
{
    struct span out;
    assert_ok(krb_encode_as_req(req, &arena, &out));
    return out;
}

static inline struct answer send_as(struct span message)
{
    struct span reply;
    cloud.last.reason = REASON_NONE;
    kdc_answer(cloud.kdc, KDC_TCP, message, &arena, &reply);
    assert_true(reply.len > 0);
    return forge_read(reply, &ada_key, KRB_USAGE_AS_REP, &arena);
}

static inline void refused(const struct answer *got, const char *where, int32_t error,
                           enum reason reason)
{
    if (got->error != error || cloud.last.reason != reason)
        fail_msg("%s: error %d, %s", where, got->error, reason_row(cloud.last.reason)->code);
}

#endif
