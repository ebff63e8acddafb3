#include "wire/dns/dns_query.h"

#include "base/reader.h"
#include "wire/dns/dns_opt.h"

/* A question's name is never compressed: there is nothing before it to point at. */
static void read_question(struct reader *r, struct dns_query *q)
{
    size_t start = r->pos;
    struct span name = dns_read_name(r);
    uint16_t type = reader_be16(r);
    uint16_t klass = reader_be16(r);
    if (!reader_ok(r))
        return;
    q->question = span_of(r->base + start, r->pos - start);
    dns_name_lower(name, &q->name);
    q->type = type;
    q->klass = klass;
}

/* Owner names of what follows the question may be compressed; only their end matters here. */
static bool skip_owner(struct reader *r)
{
    bool root = true;
    for (unsigned labels = 0; labels <= DNS_LABELS_MAX; labels++) {
        uint8_t len = reader_u8(r);
        if (len == 0)
            return root;
        root = false;
        if (len >= 0xc0) {
            reader_skip(r, 1);
            return false;
        }
        if (len > DNS_LABEL_MAX)
            break;
        reader_skip(r, len);
    }
    reader_fail(r, ERR_MALFORMED);
    return false;
}

/* The class of an OPT record is the client's UDP size, its TTL the extended rcode, version and
 * flags (RFC 6891 section 6.1.3). */
static void read_opt(struct reader *r, struct dns_query *q, bool root, uint16_t size, uint32_t ttl)
{
    if (!root || q->edns) {
        reader_fail(r, ERR_MALFORMED);
        return;
    }
    q->edns = true;
    q->udp_size = size < DNS_UDP_MIN ? DNS_UDP_MIN : size;
    q->dnssec_ok = ttl & DNS_EDNS_FLAG_DO;
    if ((ttl >> 16 & 0xff) != 0)
        q->rcode = DNS_RCODE_BADVERS;
}

static void read_record(struct reader *r, struct dns_query *q)
{
    bool root = skip_owner(r);
    uint16_t type = reader_be16(r);
    uint16_t klass = reader_be16(r);
    uint32_t ttl = reader_be32(r);
    struct reader rdata = reader_of(reader_span(r, reader_be16(r)));
    if (!reader_ok(r))
        return;
    if (type != DNS_TYPE_OPT)
        return;
    read_opt(r, q, root, klass, ttl);
    while (reader_left(&rdata) > 0) {
        reader_skip(&rdata, 2);
        reader_skip(&rdata, reader_be16(&rdata));
    }
    if (!reader_ok(&rdata))
        reader_fail(r, ERR_MALFORMED);
}

static enum dns_take fail(struct dns_query *q, enum dns_rcode rcode)
{
    q->rcode = rcode;
    return DNS_TAKE_ERROR;
}

enum dns_take dns_query_parse(struct span request, struct dns_query *q)
{
    struct reader r = reader_of(request);
    q->id = reader_be16(&r);
    q->flags = reader_be16(&r);
    uint16_t questions = reader_be16(&r);
    unsigned records = reader_be16(&r);
    records += reader_be16(&r);
    records += reader_be16(&r);
    q->rcode = DNS_RCODE_NOERROR;
    q->question = SPAN_NONE;
    q->name.len = 0;
    q->type = q->klass = 0;
    q->edns = q->dnssec_ok = false;
    q->udp_size = DNS_UDP_MIN;
    q->opcode = (q->flags & DNS_FLAG_OPCODE_MASK) >> 11;
    if (!reader_ok(&r) || (q->flags & DNS_FLAG_QR))
        return DNS_TAKE_DROP;
    if (q->opcode != DNS_OPCODE_QUERY && q->opcode != DNS_OPCODE_NOTIFY &&
        q->opcode != DNS_OPCODE_UPDATE)
        return fail(q, DNS_RCODE_NOTIMP);
    if (questions != 1)
        return fail(q, DNS_RCODE_FORMERR);
    read_question(&r, q);
    for (unsigned i = 0; i < records && reader_ok(&r); i++)
        read_record(&r, q);
    if (reader_end(&r) != ERR_OK)
        return fail(q, DNS_RCODE_FORMERR);
    return q->rcode != DNS_RCODE_NOERROR ? DNS_TAKE_ERROR : DNS_TAKE_ANSWER;
}

void dns_put_opt(struct builder *b, enum dns_rcode rcode, bool dnssec_ok)
{
    uint8_t *opt = builder_room(b, DNS_OPT_SIZE);
    if (!opt)
        return;
    opt[2] = DNS_TYPE_OPT;
    opt[3] = DNS_UDP_SAFE >> 8;
    opt[4] = DNS_UDP_SAFE & 0xff;
    opt[5] = (uint8_t)(rcode >> 4);
    opt[7] = dnssec_ok ? DNS_EDNS_FLAG_DO >> 8 : 0;
}

void dns_query_error(const struct dns_query *q, enum dns_rcode rcode, uint16_t extra_flags,
                     struct builder *b)
{
    uint16_t kept = q->flags & (DNS_FLAG_OPCODE_MASK | DNS_FLAG_RD | DNS_FLAG_CD);
    builder_be16(b, q->id);
    builder_be16(b, DNS_FLAG_QR | kept | extra_flags | (rcode & DNS_FLAG_RCODE_MASK));
    builder_be16(b, q->question.len > 0);
    builder_be32(b, 0);
    builder_be16(b, q->edns);
    builder_span(b, q->question);
    if (q->edns)
        dns_put_opt(b, rcode, q->dnssec_ok);
}

enum err dns_frame_size(struct span stream, size_t *size_out)
{
    struct reader r = reader_of(stream);
    size_t len = reader_be16(&r);
    if (!reader_ok(&r))
        return ERR_TRUNCATED;
    if (len < DNS_HEADER_SIZE)
        return ERR_MALFORMED;
    *size_out = sizeof(uint16_t) + len;
    return ERR_OK;
}
