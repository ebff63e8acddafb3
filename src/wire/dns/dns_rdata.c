#include "wire/dns/dns_rdata.h"

#include <libknot/descriptor.h>

#include "base/reader.h"
#include "wire/dns/dns_name.h"
#include "wire/dns/dns_types.h"

void dns_rdata_put_srv(struct builder *b, const struct dns_srv *srv)
{
    builder_be16(b, srv->priority);
    builder_be16(b, srv->weight);
    builder_be16(b, srv->port);
    builder_span(b, srv->target);
}

void dns_rdata_put_soa(struct builder *b, const struct dns_soa *soa)
{
    builder_span(b, soa->mname);
    builder_span(b, soa->rname);
    builder_be32(b, soa->serial);
    builder_be32(b, soa->refresh);
    builder_be32(b, soa->retry);
    builder_be32(b, soa->expire);
    builder_be32(b, soa->minimum);
}

void dns_rdata_put_txt(struct builder *b, struct span text)
{
    if (text.len > UINT8_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_u8(b, (uint8_t)text.len);
    builder_span(b, text);
}

enum err dns_rdata_srv(struct span rdata, struct dns_srv *out)
{
    struct reader r = reader_of(rdata);
    struct dns_srv srv = {.priority = reader_be16(&r)};
    srv.weight = reader_be16(&r);
    srv.port = reader_be16(&r);
    srv.target = dns_read_name(&r);
    TRY(reader_end(&r));
    *out = srv;
    return ERR_OK;
}

enum err dns_rdata_soa(struct span rdata, struct dns_soa *out)
{
    struct reader r = reader_of(rdata);
    struct dns_soa soa = {.mname = dns_read_name(&r)};
    soa.rname = dns_read_name(&r);
    soa.serial = reader_be32(&r);
    soa.refresh = reader_be32(&r);
    soa.retry = reader_be32(&r);
    soa.expire = reader_be32(&r);
    soa.minimum = reader_be32(&r);
    TRY(reader_end(&r));
    *out = soa;
    return ERR_OK;
}

enum err dns_rdata_name(struct span rdata, struct span *name_out)
{
    TRY(dns_name_check(rdata));
    *name_out = rdata;
    return ERR_OK;
}

struct span dns_rdata_target(uint16_t type, struct span rdata)
{
    size_t before = type == DNS_TYPE_SRV ? 6 : type == DNS_TYPE_MX ? 2 : 0;
    if (type != DNS_TYPE_SRV && type != DNS_TYPE_MX && type != DNS_TYPE_NS)
        return SPAN_NONE;
    struct span name = span_sub(rdata, before, rdata.len);
    return dns_name_check(name) == ERR_OK ? name : SPAN_NONE;
}

/* Of the types whose data ends with a name, the bytes before it; SIZE_MAX: another type. */
static size_t before_name(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
    case DNS_TYPE_DNAME:
        return 0;
    case DNS_TYPE_MX:
        return 2;
    case DNS_TYPE_SRV:
        return 6;
    default:
        return SIZE_MAX;
    }
}

bool dns_rdata_same(uint16_t type, struct span a, struct span b)
{
    size_t before = before_name(type);
    return span_eq(span_sub(a, 0, before), span_sub(b, 0, before)) &&
           (before == SIZE_MAX ||
            dns_name_eq(span_sub(a, before, a.len), span_sub(b, before, b.len)));
}

static void skip_string(struct reader *r)
{
    reader_skip(r, reader_u8(r));
}

/* libknot's own description of a type drives its writer, which trusts that the data keeps to it. */
static void skip_block(struct reader *r, int block)
{
    switch (block) {
    case KNOT_RDATA_WF_FIXED_DNAME:
    case KNOT_RDATA_WF_COMPRESSIBLE_DNAME:
    case KNOT_RDATA_WF_DECOMPRESSIBLE_DNAME:
        (void)dns_read_name(r);
        break;
    case KNOT_RDATA_WF_NAPTR_HEADER: /* order, preference, flags, services, regexp (RFC 3403) */
        reader_skip(r, 4);
        skip_string(r);
        skip_string(r);
        skip_string(r);
        break;
    case KNOT_RDATA_WF_REMAINDER:
        (void)reader_rest(r);
        break;
    default:
        reader_skip(r, block > 0 ? (size_t)block : 0);
    }
}

static bool valid_txt(struct span rdata)
{
    struct reader r = reader_of(rdata);
    do
        skip_string(&r);
    while (reader_left(&r) > 0);
    return reader_end(&r) == ERR_OK;
}

bool dns_rdata_valid(uint16_t type, struct span rdata)
{
    if (rdata.len > UINT16_MAX)
        return false;
    if (type == DNS_TYPE_TXT)
        return valid_txt(rdata);
    const knot_rdata_descriptor_t *desc = knot_get_rdata_descriptor(type);
    if (!desc->type_name)
        desc = knot_get_obsolete_rdata_descriptor(type);
    struct reader r = reader_of(rdata);
    if (rdata.len == 0)
        return !desc->type_name || type == DNS_TYPE_APL;
    for (int i = 0; i < KNOT_MAX_RDATA_BLOCKS && desc->block_types[i] != KNOT_RDATA_WF_END; i++)
        skip_block(&r, desc->block_types[i]);
    return reader_end(&r) == ERR_OK;
}
