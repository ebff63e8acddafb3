/* A whole PAC through the filter. The input is a list of SIDs, each of a length byte
 * (sub-authorities), an authority byte and the sub-authorities; the first byte picks the boundary.
 * No SID of the local forest, no built-in group and no SID twice may come out of a trust with
 * another forest. */
#include "trust/sid_filter.h"

#define SIDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t ours[] = {21, 101, 102, 103}, theirs[] = {21, 201, 202, 203};

static void read_sid(struct reader *r, struct sid *out)
{
    *out = (struct sid){.revision = 1, .count = reader_u8(r) % 16};
    out->authority[5] = reader_u8(r);
    for (unsigned i = 0; i < out->count; i++)
        out->sub[i] = reader_le32(r);
}

static void check_kept(const struct trust_sid_result *res, const struct pac_sid *extra,
                       uint32_t count)
{
    struct sid domain;
    uint32_t rid;
    struct sid local = sid_make(5, 4, ours);

    for (uint32_t i = 0; i < count; i++) {
        const struct sid *s = extra[i].sid;

        if (!trust_sid_rule_keeps(res->extra[i], res->boundary))
            continue;
        ENT_ASSERT(!(s->authority[5] == 5 && s->count > 0 && s->sub[0] == 32));
        ENT_ASSERT(sid_split(s, &domain, &rid) != ERR_OK || !sid_eq(&domain, &local));
        for (uint32_t k = 0; k < i; k++)
            ENT_ASSERT(!trust_sid_rule_keeps(res->extra[k], res->boundary) ||
                       !sid_eq(extra[k].sid, s));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t attributes[] = {TRUST_FOREST_TRANSITIVE, 0, TRUST_QUARANTINED,
                                          TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL};
    struct sid sids[SIDS_MAX], logon;
    struct pac_sid extra[SIDS_MAX];
    struct pac_group group;
    struct reader r = reader_of(span_of(data, size));
    struct trust t = {
        .sid = sid_make(5, 4, theirs), .direction = TRUST_BOTH, .type = TRUST_UPLEVEL};
    struct trust_local l = {.domain_sid = sid_make(5, 4, ours)};
    struct trust_sid_result res;
    struct arena a;

    t.attributes = attributes[reader_u8(&r) % 4];
    read_sid(&r, &logon);
    struct pac_logon_info pac = {.domain_sid = reader_u8(&r) & 1 ? &logon : &t.sid,
                                 .rid = reader_le32(&r),
                                 .primary_gid = reader_le32(&r),
                                 .groups = &group,
                                 .group_count = 1,
                                 .extra = extra};
    group = (struct pac_group){reader_le32(&r), 7};
    while (pac.extra_count < SIDS_MAX && reader_left(&r) > 0) {
        read_sid(&r, &sids[pac.extra_count]);
        extra[pac.extra_count] = (struct pac_sid){&sids[pac.extra_count], 7};
        pac.extra_count++;
    }
    arena_init(&a, 0, 1 << 20, 0);
    ENT_ASSERT(trust_sid_filter(&t, &l, &pac, &a, &res) == ERR_OK);
    if (res.reason == REASON_NONE)
        check_kept(&res, extra, pac.extra_count);
    arena_fini(&a);
    return 0;
}
