#include "wire/dns/dns_tsig.h"

#include "base/reader.h"

#define ARCOUNT_AT 10

static uint64_t read_be48(struct reader *r)
{
    uint64_t high = reader_be16(r);
    return high << 32 | reader_be32(r);
}

static void put_be48(struct builder *b, uint64_t v)
{
    builder_be16(b, (uint16_t)(v >> 32));
    builder_be32(b, (uint32_t)v);
}

static struct span read_counted(struct reader *r)
{
    return reader_span(r, reader_be16(r));
}

static void put_counted(struct builder *b, struct span s)
{
    if (s.len > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_be16(b, (uint16_t)s.len);
    builder_span(b, s);
}

/* RFC 8945 section 4.2 */
enum err dns_tsig_decode(struct span key, struct span rdata, struct dns_tsig *out)
{
    struct reader r = reader_of(rdata);
    struct dns_tsig tsig = {.key = key, .algorithm = dns_read_name(&r)};
    tsig.time = read_be48(&r);
    tsig.fudge = reader_be16(&r);
    tsig.mac = read_counted(&r);
    tsig.original_id = reader_be16(&r);
    tsig.error = reader_be16(&r);
    tsig.other = read_counted(&r);
    TRY(reader_end_whole(&r));
    *out = tsig;
    return ERR_OK;
}

/* RFC 2930 section 2 */
enum err dns_tkey_decode(struct span rdata, struct dns_tkey *out)
{
    struct reader r = reader_of(rdata);
    struct dns_tkey tkey = {.algorithm = dns_read_name(&r)};
    tkey.inception = reader_be32(&r);
    tkey.expiration = reader_be32(&r);
    tkey.mode = reader_be16(&r);
    tkey.error = reader_be16(&r);
    tkey.key = read_counted(&r);
    tkey.other = read_counted(&r);
    TRY(reader_end_whole(&r));
    *out = tkey;
    return ERR_OK;
}

void dns_tkey_put(struct builder *b, const struct dns_tkey *tkey)
{
    builder_span(b, tkey->algorithm);
    builder_be32(b, tkey->inception);
    builder_be32(b, tkey->expiration);
    builder_be16(b, tkey->mode);
    builder_be16(b, tkey->error);
    put_counted(b, tkey->key);
    put_counted(b, tkey->other);
}

/* Names in what is signed are in lower case. */
static void put_lower(struct builder *b, struct span name)
{
    struct dns_name lower;
    dns_name_lower(name, &lower);
    builder_span(b, dns_name_span(&lower));
}

static void put_variables(struct builder *b, const struct dns_tsig *tsig)
{
    put_lower(b, tsig->key);
    builder_be16(b, DNS_CLASS_ANY);
    builder_be32(b, 0);
    put_lower(b, tsig->algorithm);
    put_be48(b, tsig->time);
    builder_be16(b, tsig->fudge);
    builder_be16(b, tsig->error);
    put_counted(b, tsig->other);
}

/* The signature's record is not counted, and a forwarder may have changed the id. */
void dns_tsig_covers_request(struct builder *b, struct span msg, const struct dns_signed *m)
{
    struct reader r = reader_of(msg);
    reader_seek(&r, ARCOUNT_AT);
    uint16_t additional = reader_be16(&r);
    builder_be16(b, m->tsig.original_id);
    builder_span(b, span_sub(msg, 2, ARCOUNT_AT - 2));
    builder_be16(b, (uint16_t)(additional - 1));
    builder_span(b, span_sub(msg, DNS_HEADER_SIZE, m->tsig_at - DNS_HEADER_SIZE));
    put_variables(b, &m->tsig);
}

void dns_tsig_covers_response(struct builder *b, struct span msg, const struct dns_tsig *tsig,
                              struct span request_mac)
{
    if (request_mac.len > 0)
        put_counted(b, request_mac);
    builder_span(b, msg);
    put_variables(b, tsig);
}

void dns_tsig_put(struct builder *b, struct span msg, const struct dns_tsig *tsig)
{
    struct reader r = reader_of(msg);
    reader_seek(&r, ARCOUNT_AT);
    uint16_t additional = reader_be16(&r);
    builder_span(b, span_sub(msg, 0, ARCOUNT_AT));
    builder_be16(b, (uint16_t)(additional + 1));
    builder_span(b, span_sub(msg, DNS_HEADER_SIZE, msg.len));
    builder_span(b, tsig->key);
    builder_be16(b, DNS_TYPE_TSIG);
    builder_be16(b, DNS_CLASS_ANY);
    builder_be32(b, 0);
    size_t size_at = b->len;
    builder_be16(b, 0);
    builder_span(b, tsig->algorithm);
    put_be48(b, tsig->time);
    builder_be16(b, tsig->fudge);
    put_counted(b, tsig->mac);
    builder_be16(b, tsig->original_id);
    builder_be16(b, tsig->error);
    put_counted(b, tsig->other);
    builder_patch_be16(b, size_at, (uint16_t)(b->len - size_at - 2));
}
