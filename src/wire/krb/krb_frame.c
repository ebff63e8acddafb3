#include "wire/krb/krb_frame.h"
#include "base/reader.h"

#define TCP_RESERVED_BIT 0x80000000u
#define KRB_ERROR_TAG    0x7e

enum err krb_tcp_length(struct span received, size_t max, size_t *len_out)
{
    struct reader r = reader_of(received);
    uint32_t len = reader_be32(&r);
    if (!reader_ok(&r))
        return r.err;
    if (len & TCP_RESERVED_BIT)
        return ERR_UNSUPPORTED;
    if (len == 0)
        return ERR_MALFORMED;
    if (len > max)
        return ERR_LIMIT;
    *len_out = len;
    return ERR_OK;
}

void krb_put_tcp_length(struct builder *b, uint32_t len)
{
    builder_be32(b, len);
}

struct frame {
    uint16_t version;
    struct span first;
    struct span rest;
};

static enum err read_frame(struct span in, struct frame *out)
{
    struct reader r = reader_of(in);
    uint16_t total = reader_be16(&r);
    struct frame f = {.version = reader_be16(&r)};
    f.first = reader_span(&r, reader_be16(&r));
    f.rest = reader_rest(&r);
    if (reader_end(&r) != ERR_OK || total != in.len)
        return ERR_MALFORMED;
    *out = f;
    return ERR_OK;
}

static void put_frame(struct builder *b, const struct frame *f)
{
    size_t total = 6 + f->first.len + f->rest.len;
    if (total > UINT16_MAX) {
        builder_fail(b, ERR_LIMIT);
        return;
    }
    builder_be16(b, (uint16_t)total);
    builder_be16(b, f->version);
    builder_be16(b, (uint16_t)f->first.len);
    builder_span(b, f->first);
    builder_span(b, f->rest);
}

enum err kpasswd_request_decode(struct span in, struct kpasswd_request *out)
{
    struct frame f;
    TRY(read_frame(in, &f));
    if (f.version != KPASSWD_VERSION_CHANGE && f.version != KPASSWD_VERSION_SET)
        return ERR_UNSUPPORTED;
    if (f.first.len == 0 || f.rest.len == 0)
        return ERR_MALFORMED;
    *out = (struct kpasswd_request){f.version, f.first, f.rest};
    return ERR_OK;
}

void kpasswd_put_request(struct builder *b, const struct kpasswd_request *r)
{
    put_frame(b, &(struct frame){r->version, r->ap_req, r->priv});
}

enum err kpasswd_reply_decode(struct span in, struct kpasswd_reply *out)
{
    struct frame f;
    if (in.len > 0 && in.ptr[0] == KRB_ERROR_TAG) {
        *out = (struct kpasswd_reply){SPAN_NONE, in};
        return ERR_OK;
    }
    TRY(read_frame(in, &f));
    if (f.version != KPASSWD_VERSION_CHANGE && f.version != KPASSWD_VERSION_SET)
        return ERR_UNSUPPORTED;
    if (f.rest.len == 0)
        return ERR_MALFORMED;
    *out = (struct kpasswd_reply){f.first, f.rest};
    return ERR_OK;
}

void kpasswd_put_reply(struct builder *b, const struct kpasswd_reply *r)
{
    put_frame(b, &(struct frame){KPASSWD_VERSION_CHANGE, r->ap_rep, r->body});
}

enum err kpasswd_outcome_decode(struct span in, struct kpasswd_outcome *out)
{
    struct reader r = reader_of(in);
    struct kpasswd_outcome o = {.code = reader_be16(&r)};
    o.text = reader_rest(&r);
    TRY(reader_end(&r));
    *out = o;
    return ERR_OK;
}

void kpasswd_put_outcome(struct builder *b, const struct kpasswd_outcome *o)
{
    builder_be16(b, o->code);
    builder_span(b, o->text);
}
