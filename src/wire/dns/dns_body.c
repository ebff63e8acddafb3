#include "base/builder.h"
#include "base/reader.h"
#include "wire/dns/dns_knot.h"
#include "wire/dns/dns_message.h"
#include "wire/dns/dns_opt.h"

/* Nearly every answer fits the first size; clearing 64 KiB for each would cost more than the rest.
 */
static const uint16_t sizes[] = {1024, 4096, DNS_MSG_MAX - DNS_OPT_SIZE};
#define SIZES (sizeof(sizes) / sizeof(*sizes))

static enum err from_knot(int rc)
{
    switch (rc) {
    case KNOT_EOK:
        return ERR_OK;
    case KNOT_ENOMEM:
        return ERR_NOMEM;
    case KNOT_ESPACE:
        return ERR_LIMIT;
    default:
        return ERR_MALFORMED;
    }
}

/* One record at a time: a libknot set would sort its records, and their order is the caller's. */
static enum err put_rr(knot_pkt_t *pkt, const struct dns_rr *rr, struct span qname, knot_mm_t *mm)
{
    knot_rrset_t set;
    knot_rrset_init(&set, (knot_dname_t *)(uintptr_t)rr->owner.ptr, rr->type, rr->klass, rr->ttl);
    TRY(from_knot(knot_rrset_add_rdata(&set, rr->rdata.ptr, (uint16_t)rr->rdata.len, mm)));
    bool at_question = qname.len > 1 && dns_name_eq(rr->owner, qname);
    uint16_t hint = at_question ? KNOT_COMPR_HINT_QNAME : KNOT_COMPR_HINT_NONE;
    return from_knot(knot_pkt_put(pkt, hint, &set, KNOT_PF_NOTRUNC));
}

static enum err put_section(knot_pkt_t *pkt, enum dns_section s, const struct dns_rr_list *list,
                            struct span qname, knot_mm_t *mm)
{
    static const knot_section_t knot_of[] = {KNOT_ANSWER, KNOT_AUTHORITY, KNOT_ADDITIONAL};
    TRY(from_knot(knot_pkt_begin(pkt, knot_of[s])));
    for (size_t i = 0; i < list->count; i++)
        TRY(put_rr(pkt, &list->rrs[i], qname, mm));
    return ERR_OK;
}

/* Where the TTLs are: after the owner, the type and the class of each record. */
static enum err find_ttls(const knot_pkt_t *pkt, size_t skip, struct arena *a,
                          struct dns_body *body)
{
    uint16_t *at = arena_new_array(a, pkt->rrset_count, uint16_t);
    if (!at)
        return ERR_NOMEM;
    for (uint16_t i = 0; i < pkt->rrset_count; i++) {
        struct reader r = reader_of(span_of(pkt->wire, pkt->size));
        reader_seek(&r, pkt->rr_info[i].pos);
        uint8_t len;
        while ((len = reader_u8(&r)) > 0 && len <= DNS_LABEL_MAX)
            reader_skip(&r, len);
        reader_skip(&r, len > 0 ? 5 : 4);
        if (!reader_ok(&r))
            return ERR_MALFORMED;
        at[i] = (uint16_t)(r.pos - skip);
    }
    body->ttl_at = at;
    body->ttl_count = pkt->rrset_count;
    return ERR_OK;
}

static enum err build_sized(const struct dns_answer *answer, struct span name, uint16_t type,
                            uint16_t size, struct arena *a, struct dns_body *out)
{
    knot_mm_t mm = dns_knot_mm(a);
    knot_pkt_t *pkt = knot_pkt_new(NULL, size, &mm);
    if (!pkt)
        return ERR_NOMEM;
    TRY(from_knot(knot_pkt_put_question(pkt, name.ptr, KNOT_CLASS_IN, type)));
    size_t skip = pkt->size;
    const struct dns_rr_list *sections = answer->section;
    TRY(put_section(pkt, DNS_SECTION_ANSWER, &sections[DNS_SECTION_ANSWER], name, &mm));
    TRY(put_section(pkt, DNS_SECTION_AUTHORITY, &sections[DNS_SECTION_AUTHORITY], name, &mm));
    size_t required = pkt->size;
    enum err e =
        put_section(pkt, DNS_SECTION_ADDITIONAL, &sections[DNS_SECTION_ADDITIONAL], name, &mm);
    if (e != ERR_OK && (e != ERR_LIMIT || size != sizes[SIZES - 1]))
        return e;
    struct dns_body body = {
        .flags = (answer->authoritative ? DNS_FLAG_AA : 0) | answer->rcode,
        .count = {knot_wire_get_ancount(pkt->wire), knot_wire_get_nscount(pkt->wire),
                  knot_wire_get_arcount(pkt->wire)},
        .required_len = (uint16_t)((answer->referral ? pkt->size : required) - skip),
        .len = (uint16_t)(pkt->size - skip),
        .bytes = pkt->wire + skip,
    };
    TRY(find_ttls(pkt, skip, a, &body));
    *out = body;
    return ERR_OK;
}

/* A negative answer is nothing but the SOA of the zone that the name is in: its owner is the end of
 * the question. Names that do not exist are the only answers that nobody keeps, and a flood of them
 * is common, so they are written without libknot. */
static bool is_negative(const struct dns_answer *answer, struct span name)
{
    const struct dns_rr_list *authority = &answer->section[DNS_SECTION_AUTHORITY];
    return answer->section[DNS_SECTION_ANSWER].count == 0 && authority->count == 1 &&
           answer->section[DNS_SECTION_ADDITIONAL].count == 0 &&
           authority->rrs[0].type == DNS_TYPE_SOA && dns_name_in(name, authority->rrs[0].owner);
}

static enum err build_negative(const struct dns_answer *answer, struct span name, struct arena *a,
                               struct dns_body *out)
{
    static const uint16_t ttl_at[] = {6};
    const struct dns_rr *soa = &answer->section[DNS_SECTION_AUTHORITY].rrs[0];
    struct builder b;
    struct span bytes;
    builder_in(&b, a, DNS_MSG_MAX);
    builder_be16(&b, (uint16_t)(0xc000 | (DNS_HEADER_SIZE + name.len - soa->owner.len)));
    builder_be16(&b, soa->type);
    builder_be16(&b, soa->klass);
    builder_be32(&b, soa->ttl);
    builder_be16(&b, (uint16_t)soa->rdata.len);
    builder_span(&b, soa->rdata);
    TRY(builder_done(&b, &bytes));
    *out = (struct dns_body){
        .flags = (answer->authoritative ? DNS_FLAG_AA : 0) | answer->rcode,
        .count = {[DNS_SECTION_AUTHORITY] = 1},
        .required_len = (uint16_t)bytes.len,
        .len = (uint16_t)bytes.len,
        .ttl_count = 1,
        .ttl_at = ttl_at,
        .bytes = bytes.ptr,
    };
    return ERR_OK;
}

enum err dns_body_build(const struct dns_answer *answer, struct span name, uint16_t type,
                        struct arena *a, struct dns_body *out)
{
    if (is_negative(answer, name))
        return build_negative(answer, name, a, out);
    enum err e = ERR_LIMIT;
    for (size_t i = 0; i < SIZES && e == ERR_LIMIT; i++)
        e = build_sized(answer, name, type, sizes[i], a, out);
    return e;
}

static void age_ttls(struct builder *b, size_t body_at, const struct dns_body *body, size_t len,
                     uint32_t age)
{
    struct reader r = reader_of(span_of(body->bytes, body->len));
    for (uint16_t i = 0; i < body->ttl_count && body->ttl_at[i] < len; i++) {
        reader_seek(&r, body->ttl_at[i]);
        uint32_t ttl = reader_be32(&r);
        builder_patch_be32(b, body_at + body->ttl_at[i], ttl > age ? ttl - age : 0);
    }
}

void dns_body_emit(const struct dns_body *body, const struct dns_query *q, uint16_t extra_flags,
                   uint32_t age, size_t limit, struct builder *b)
{
    size_t overhead = dns_query_overhead(q);
    size_t room = limit < b->max - b->len ? limit : b->max - b->len;
    room = room > overhead ? room - overhead : 0;
    extra_flags |= body->flags;
    if (body->required_len > room) { /* the rcode of a cut NXDOMAIN is still NXDOMAIN */
        dns_query_error(q, body->flags & DNS_FLAG_RCODE_MASK, extra_flags | DNS_FLAG_TC, b);
        return;
    }
    bool whole = body->len <= room;
    size_t len = whole ? body->len : body->required_len;
    uint16_t kept = q->flags & (DNS_FLAG_OPCODE_MASK | DNS_FLAG_RD | DNS_FLAG_CD);
    builder_be16(b, q->id);
    builder_be16(b, DNS_FLAG_QR | kept | extra_flags);
    builder_be16(b, 1);
    builder_be16(b, body->count[DNS_SECTION_ANSWER]);
    builder_be16(b, body->count[DNS_SECTION_AUTHORITY]);
    builder_be16(b, (whole ? body->count[DNS_SECTION_ADDITIONAL] : 0) + q->edns);
    builder_span(b, q->question);
    size_t body_at = b->len;
    builder_bytes(b, body->bytes, len);
    if (age > 0)
        age_ttls(b, body_at, body, len, age);
    if (q->edns)
        dns_put_opt(b, DNS_RCODE_NOERROR, q->dnssec_ok);
}
