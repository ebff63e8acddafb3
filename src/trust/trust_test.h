/*
 * Two forests for the tests of this folder. Ours is aws.example.com with a child and a second tree;
 * the partner's is corp.example.net with two domains more. Numbers of domain SIDs: 1xx ours, 2xx
 * theirs.
 */
#ifndef TRUST_TRUST_TEST_H
#define TRUST_TRUST_TEST_H

#include "base/test.h"
#include "trust/trust.h"

#define OUR_ROOT    "S-1-5-21-101-102-103"
#define OUR_CHILD   "S-1-5-21-111-112-113"
#define OUR_TREE    "S-1-5-21-121-122-123"
#define THEIR_ROOT  "S-1-5-21-201-202-203"
#define THEIR_CHILD "S-1-5-21-211-212-213"
#define THEIR_OFF   "S-1-5-21-221-222-223"
#define STRANGER    "S-1-5-21-901-902-903"

static inline struct sid sid_of(const char *text)
{
    struct sid s;

    assert_ok(sid_from_text(span_str(text), &s));
    return s;
}

/* The local side of the forest's root. Static storage, filled anew by each call. */
static inline const struct trust_local *our_side(void)
{
    static struct trust_domain domains[3];
    static struct sid sids[3];
    static struct span suffixes[1];
    static struct trust_local l;

    domains[0] =
        (struct trust_domain){SPAN_LIT("aws.example.com"), SPAN_LIT("AWS"), sid_of(OUR_ROOT), -1};
    domains[1] =
        (struct trust_domain){SPAN_LIT("eu.aws.example.com"), SPAN_LIT("EU"), sid_of(OUR_CHILD), 0};
    domains[2] =
        (struct trust_domain){SPAN_LIT("cloud.example"), SPAN_LIT("CLOUD"), sid_of(OUR_TREE), 0};
    for (int i = 0; i < 3; i++)
        sids[i] = domains[i].sid;
    suffixes[0] = SPAN_LIT("people.example");
    l = (struct trust_local){.dns_name = SPAN_LIT("aws.example.com"),
                             .realm = SPAN_LIT("AWS.EXAMPLE.COM"),
                             .flat_name = SPAN_LIT("AWS"),
                             .forest_name = SPAN_LIT("aws.example.com"),
                             .domain_sid = sids[0],
                             .forest_sids = sids,
                             .forest_sid_count = 3,
                             .suffixes = suffixes,
                             .suffix_count = 1,
                             .domains = domains,
                             .domain_count = 3,
                             .self = 0};
    return &l;
}

static inline struct forest_record tln_record(const char *name, uint32_t flags)
{
    return (struct forest_record){.type = FOREST_TLN, .flags = flags, .name = span_str(name)};
}

static inline struct forest_record exclusion_record(const char *name, uint32_t flags)
{
    return (struct forest_record){
        .type = FOREST_TLN_EXCLUSION, .flags = flags, .name = span_str(name)};
}

static inline struct forest_record domain_record(const char *name, const char *flat,
                                                 const char *sid, uint32_t flags)
{
    return (struct forest_record){.type = FOREST_DOMAIN,
                                  .flags = flags,
                                  .name = span_str(name),
                                  .flat_name = span_str(flat),
                                  .sid = sid_of(sid)};
}

#define THEIR_RECORDS 6

/* What the partner's forest claims: its tree, one suffix, one domain that is switched off. */
static inline const struct forest_record *their_records(void)
{
    static struct forest_record r[THEIR_RECORDS];

    r[0] = tln_record("corp.example.net", 0);
    r[1] = tln_record("mail.example", 0);
    r[2] = exclusion_record("lab.corp.example.net", 0);
    r[3] = domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, 0);
    r[4] = domain_record("asia.corp.example.net", "ASIA", THEIR_CHILD, 0);
    r[5] = domain_record("off.corp.example.net", "OFF", THEIR_OFF, FOREST_SID_ADMIN_DISABLED);
    return r;
}

/* A two-way uplevel trust with the partner's root; forest trusts have its records. */
static inline struct trust their_trust(uint32_t attributes)
{
    struct trust t = {.dns_name = SPAN_LIT("corp.example.net"),
                      .flat_name = SPAN_LIT("BIGCORP"),
                      .sid = sid_of(THEIR_ROOT),
                      .direction = TRUST_BOTH,
                      .type = TRUST_UPLEVEL,
                      .attributes = attributes};

    if (attributes & TRUST_FOREST_TRANSITIVE) {
        t.records = their_records();
        t.record_count = THEIR_RECORDS;
    }
    return t;
}

/* The trust with our own child domain. */
static inline struct trust our_child_trust(uint32_t attributes)
{
    return (struct trust){.dns_name = SPAN_LIT("eu.aws.example.com"),
                          .flat_name = SPAN_LIT("EU"),
                          .sid = sid_of(OUR_CHILD),
                          .direction = TRUST_BOTH,
                          .type = TRUST_UPLEVEL,
                          .attributes = attributes | TRUST_WITHIN_FOREST};
}

#endif
