#include "wire/ms/netlogon_ping.h"

#include "base/text.h"

#define EX_OPCODE_OFFSET 4
#define LABEL_MAX        63
#define NAME_MAX_BYTES   255
#define POINTER_MARK     0xC0
#define NAME_JUMPS_MAX   64
#define SUFFIXES_MAX     64
#define TEXT_UNITS_MAX   512 /* of a UTF-16 name in the older forms */
#define AF_INET_WIRE     2
#define SOCKADDR_SIZE    16
#define TRAILER_SIZE     8
#define TOKEN            0xFFFF
/* Windows' decompression looks at one byte of a pointer only. */
#define POINTER_TARGET_MAX 0xFF

/* --- the request ---------------------------------------------------------------------------- */

static enum err add_text(struct span *field, struct span value)
{
    if (field->ptr)
        return ERR_EXISTS;
    *field = value.ptr ? value : SPAN_LIT("");
    return text_valid(value) ? ERR_OK : ERR_MALFORMED;
}

/* A little-endian number of at most four bytes. */
static enum err add_number(bool *has, uint32_t *field, struct span value)
{
    uint32_t v = 0;

    if (*has)
        return ERR_EXISTS;
    if (value.len == 0 || value.len > 4)
        return ERR_MALFORMED;
    for (size_t i = 0; i < value.len; i++)
        v |= (uint32_t)value.ptr[i] << (8 * i);
    *has = true;
    *field = v;
    return ERR_OK;
}

static enum err add_sid(struct netlogon_request *req, struct span value)
{
    if (req->has_sid)
        return ERR_EXISTS;
    req->has_sid = true;
    return sid_from_bytes(value, &req->domain_sid);
}

static enum err add_guid(struct netlogon_request *req, struct span value)
{
    if (req->has_guid)
        return ERR_EXISTS;
    if (value.len != sizeof(req->domain_guid.b))
        return ERR_MALFORMED;
    req->has_guid = true;
    memcpy(req->domain_guid.b, value.ptr, value.len);
    return ERR_OK;
}

enum err netlogon_request_add(struct netlogon_request *req, struct span attribute,
                              struct span value)
{
    if (ascii_eq_fold(attribute, SPAN_LIT("DnsDomain")))
        return add_text(&req->dns_domain, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("Host")))
        return add_text(&req->host, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("DnsHostName")))
        return add_text(&req->dns_host, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("User")))
        return add_text(&req->user, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("AAC")))
        return add_number(&req->has_aac, &req->aac, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("NtVer")))
        return add_number(&req->has_nt_version, &req->nt_version, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("DomainSid")))
        return add_sid(req, value);
    if (ascii_eq_fold(attribute, SPAN_LIT("DomainGuid")))
        return add_guid(req, value);
    return ERR_OK;
}

enum netlogon_form netlogon_form_for(uint32_t nt_version)
{
    if (nt_version & (NETLOGON_V5EX | NETLOGON_V5EX_WITH_IP))
        return NETLOGON_FORM_EX;
    return nt_version & NETLOGON_V5 ? NETLOGON_FORM_5 : NETLOGON_FORM_NT40;
}

/* --- names, compressed ---------------------------------------------------------------------- */

struct suffix {
    struct span text;
    uint8_t at;
};

struct packer {
    struct builder *b;
    size_t start;
    unsigned count;
    struct suffix suffixes[SUFFIXES_MAX];
};

static const struct suffix *known_suffix(const struct packer *p, struct span name)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (span_eq(p->suffixes[i].text, name))
            return &p->suffixes[i];
    }
    return NULL;
}

static void remember_suffix(struct packer *p, struct span name)
{
    size_t at = p->b->len - p->start;

    if (at > POINTER_TARGET_MAX || p->count == SUFFIXES_MAX)
        return;
    p->suffixes[p->count].text = name;
    p->suffixes[p->count++].at = (uint8_t)at;
}

static void put_name(struct packer *p, struct span name)
{
    if (name.len > NAME_MAX_BYTES - 2)
        builder_fail(p->b, ERR_RANGE);
    while (name.len && builder_ok(p->b)) {
        const struct suffix *known = known_suffix(p, name);
        const uint8_t *dot = memchr(name.ptr, '.', name.len);
        size_t len = dot ? (size_t)(dot - name.ptr) : name.len;

        if (known) {
            builder_u8(p->b, POINTER_MARK);
            builder_u8(p->b, known->at);
            return;
        }
        if (len == 0 || len > LABEL_MAX) {
            builder_fail(p->b, ERR_RANGE);
            return;
        }
        remember_suffix(p, name);
        builder_u8(p->b, (uint8_t)len);
        builder_span(p->b, span_sub(name, 0, len));
        name = span_sub(name, dot ? len + 1 : len, SIZE_MAX);
    }
    builder_u8(p->b, 0);
}

/* Moves to a pointer's target, which must lie before the pointer: no name is its own part. */
static bool jump(struct reader *r, uint8_t high, size_t from)
{
    size_t target = (size_t)(high & ~POINTER_MARK) << 8 | reader_u8(r);

    if (!reader_ok(r) || target >= from)
        return false;
    reader_seek(r, target);
    return true;
}

static struct span get_name(struct reader *r, struct arena *a)
{
    char text[NAME_MAX_BYTES + 1];
    size_t len = 0, back = 0;
    struct span s;

    for (unsigned jumps = 0;;) {
        size_t at = r->pos;
        uint8_t size = reader_u8(r);
        struct span label;

        if (size & POINTER_MARK) {
            if ((size & POINTER_MARK) != POINTER_MARK || ++jumps > NAME_JUMPS_MAX ||
                !jump(r, size, at)) {
                reader_fail(r, ERR_MALFORMED);
                return SPAN_NONE;
            }
            back = back ? back : at + 2;
            continue;
        }
        label = reader_span(r, size);
        if (!reader_ok(r) || size == 0)
            break;
        if (len + size + 1 > NAME_MAX_BYTES) {
            reader_fail(r, ERR_MALFORMED);
            return SPAN_NONE;
        }
        if (len)
            text[len++] = '.';
        memcpy(text + len, label.ptr, size);
        len += size;
    }
    if (back)
        reader_seek(r, back);
    s = arena_dup_span(a, span_of(text, len));
    if (arena_failed(a))
        reader_fail(r, ERR_NOMEM);
    if (!text_valid(s))
        reader_fail(r, ERR_MALFORMED);
    return s;
}

/* --- texts of the older forms --------------------------------------------------------------- */

static void put_text(struct builder *b, struct span text)
{
    text_put_utf16(b, text);
    builder_le16(b, 0);
}

static struct span get_text(struct reader *r, struct arena *a)
{
    size_t start = r->pos, units = 0;
    struct span wire, text = SPAN_LIT("");
    enum err e;

    while (reader_le16(r) != 0) {
        if (++units > TEXT_UNITS_MAX)
            reader_fail(r, ERR_LIMIT);
    }
    if (!reader_ok(r) || units == 0)
        return text;
    wire = span_of(r->base + start, 2 * units);
    e = text_from_utf16(wire, a, &text);
    if (e != ERR_OK)
        reader_fail(r, e);
    return text;
}

/* --- the answer ----------------------------------------------------------------------------- */

static void put_sockaddr(struct builder *b, const uint8_t address[4])
{
    builder_u8(b, SOCKADDR_SIZE);
    builder_le16(b, AF_INET_WIRE);
    builder_le16(b, 0);
    builder_bytes(b, address, 4);
    builder_zeros(b, 8);
}

static void put_ex(struct packer *p, const struct netlogon_answer *n)
{
    struct builder *b = p->b;

    builder_le16(b, (uint16_t)(n->opcode + EX_OPCODE_OFFSET));
    builder_le16(b, 0);
    builder_le32(b, n->flags);
    builder_bytes(b, n->domain_guid.b, sizeof(n->domain_guid.b));
    put_name(p, n->forest);
    put_name(p, n->dns_domain);
    put_name(p, n->dns_host);
    put_name(p, n->flat_domain);
    put_name(p, n->computer);
    put_name(p, n->user);
    put_name(p, n->dc_site);
    put_name(p, n->client_site);
    if (n->nt_version & NETLOGON_V5EX_WITH_IP)
        put_sockaddr(b, n->address);
    if (n->nt_version & NETLOGON_WITH_CLOSEST_SITE)
        put_name(p, n->next_site);
}

/* In this form the address is a little-endian number like all others, unlike in the EX form's
 * socket address. */
static void put_older(struct packer *p, const struct netlogon_answer *n)
{
    struct builder *b = p->b;

    builder_le16(b, (uint16_t)n->opcode);
    put_text(b, n->computer);
    put_text(b, n->user);
    put_text(b, n->flat_domain);
    if (n->form != NETLOGON_FORM_5)
        return;
    builder_bytes(b, n->domain_guid.b, sizeof(n->domain_guid.b));
    builder_zeros(b, sizeof(struct guid));
    put_name(p, n->forest);
    put_name(p, n->dns_domain);
    put_name(p, n->dns_host);
    for (unsigned i = 4; i-- > 0;)
        builder_u8(b, n->address[i]);
    builder_le32(b, n->flags);
}

void netlogon_answer_put(struct builder *b, const struct netlogon_answer *n)
{
    static const uint32_t version[] = {
        [NETLOGON_FORM_NT40] = NETLOGON_V1,
        [NETLOGON_FORM_5] = NETLOGON_V1 | NETLOGON_V5,
        [NETLOGON_FORM_EX] = NETLOGON_V1 | NETLOGON_V5EX,
    };
    struct packer p = {.b = b, .start = b->len};
    uint32_t v = version[n->form];

    if (n->form == NETLOGON_FORM_EX) {
        put_ex(&p, n);
        v |= n->nt_version & (NETLOGON_V5EX_WITH_IP | NETLOGON_WITH_CLOSEST_SITE);
    } else {
        put_older(&p, n);
    }
    builder_le32(b, v);
    builder_le16(b, TOKEN);
    builder_le16(b, TOKEN);
}

static void get_sockaddr(struct reader *r, struct netlogon_answer *n)
{
    uint8_t size = reader_u8(r);
    uint16_t family = reader_le16(r);

    reader_skip(r, 2);
    reader_copy(r, n->address, 4);
    reader_skip(r, 8);
    if (size != SOCKADDR_SIZE || family != AF_INET_WIRE)
        reader_fail(r, ERR_MALFORMED);
    n->has_address = reader_ok(r);
}

static void get_ex(struct reader *r, struct arena *a, struct netlogon_answer *n)
{
    bool ip = n->nt_version & NETLOGON_V5EX_WITH_IP;
    bool site = n->nt_version & NETLOGON_WITH_CLOSEST_SITE;

    reader_skip(r, 2);
    n->flags = reader_le32(r);
    reader_copy(r, n->domain_guid.b, sizeof(n->domain_guid.b));
    n->forest = get_name(r, a);
    n->dns_domain = get_name(r, a);
    n->dns_host = get_name(r, a);
    n->flat_domain = get_name(r, a);
    n->computer = get_name(r, a);
    n->user = get_name(r, a);
    n->dc_site = get_name(r, a);
    n->client_site = get_name(r, a);
    /* [MS-ADTS] does not set the bit for the address in the answer's version, though servers do. */
    if (ip || (!site && reader_left(r) == TRAILER_SIZE + 1 + SOCKADDR_SIZE))
        get_sockaddr(r, n);
    if (site)
        n->next_site = get_name(r, a);
}

static void get_older(struct reader *r, struct arena *a, struct netlogon_answer *n)
{
    n->computer = get_text(r, a);
    n->user = get_text(r, a);
    n->flat_domain = get_text(r, a);
    if (n->form != NETLOGON_FORM_5)
        return;
    reader_copy(r, n->domain_guid.b, sizeof(n->domain_guid.b));
    reader_skip(r, sizeof(struct guid));
    n->forest = get_name(r, a);
    n->dns_domain = get_name(r, a);
    n->dns_host = get_name(r, a);
    uint32_t address = reader_le32(r);
    for (unsigned i = 0; i < 4; i++)
        n->address[i] = (uint8_t)(address >> (24 - 8 * i));
    n->has_address = reader_ok(r);
    n->flags = reader_le32(r);
}

/* The version stands near the end, and says what is before it. */
static uint32_t version_at_end(struct span bytes)
{
    struct reader r = reader_of(bytes);

    reader_seek(&r, bytes.len < TRAILER_SIZE ? bytes.len : bytes.len - TRAILER_SIZE);
    return reader_le32(&r);
}

enum err netlogon_answer_decode(struct span bytes, struct arena *a, struct netlogon_answer *out)
{
    struct reader r = reader_of(bytes);
    struct netlogon_answer n = {.nt_version = version_at_end(bytes)};
    unsigned opcode = reader_le16(&r);

    if (bytes.len > NETLOGON_ANSWER_MAX)
        return ERR_LIMIT;
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (opcode >= NETLOGON_LOGON_RESPONSE + EX_OPCODE_OFFSET) {
        n.form = NETLOGON_FORM_EX;
        opcode -= EX_OPCODE_OFFSET;
    } else {
        n.form = n.nt_version & NETLOGON_V5 ? NETLOGON_FORM_5 : NETLOGON_FORM_NT40;
    }
    if (opcode < NETLOGON_LOGON_RESPONSE || opcode > NETLOGON_USER_UNKNOWN)
        return ERR_UNSUPPORTED;
    n.opcode = (enum netlogon_opcode)opcode;
    if (n.form == NETLOGON_FORM_EX)
        get_ex(&r, a, &n);
    else
        get_older(&r, a, &n);
    reader_skip(&r, TRAILER_SIZE - 4);
    if (reader_le16(&r) != TOKEN || reader_le16(&r) != TOKEN)
        reader_fail(&r, ERR_MALFORMED);
    TRY(reader_end_whole(&r));
    *out = n;
    return ERR_OK;
}
