/* The NetLogon ping, [MS-ADTS] 6.3.3, as a filter: made by clients, read by DCs. */
#include "base/text.h"
#include "wire/ldap/ldap_ber.h"
#include "wire/ldap/ldap_client.h"

#define GUID_LEN 16

enum element {
    DNS_DOMAIN,
    HOST,
    DNS_HOST_NAME,
    USER,
    AAC,
    DOMAIN_SID,
    DOMAIN_GUID,
    NT_VER,
    ELEMENT__COUNT
};

static const char *const element_names[ELEMENT__COUNT] = {
    [DNS_DOMAIN] = "DnsDomain",
    [HOST] = "Host",
    [DNS_HOST_NAME] = "DnsHostName",
    [USER] = "User",
    [AAC] = "AAC",
    [DOMAIN_SID] = "DomainSid",
    [DOMAIN_GUID] = "DomainGuid",
    [NT_VER] = "NtVer",
};

static void put_test(struct builder *b, enum element which, struct span value)
{
    struct ldap_filter f = {
        .kind = LDAP_FILTER_EQUAL, .attr = span_str(element_names[which]), .value = value};
    ldap_put_filter(b, &f, 1);
}

static void put_word(struct builder *b, enum element which, uint32_t v)
{
    const uint8_t le[] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    put_test(b, which, span_of(le, sizeof(le)));
}

static void put_filter(struct builder *b, const struct ldap_ping *p)
{
    size_t all = der_begin(b, DER_CTX(LDAP_FILTER_AND));
    if (p->dns_domain.len)
        put_test(b, DNS_DOMAIN, p->dns_domain);
    if (p->host.len)
        put_test(b, HOST, p->host);
    if (p->user.len)
        put_test(b, USER, p->user);
    if (p->has_aac)
        put_word(b, AAC, p->aac);
    put_word(b, NT_VER, p->nt_version);
    der_end(b, all);
}

void ldap_put_ping(struct builder *b, int32_t id, const struct ldap_ping *p)
{
    size_t message = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, id);
    size_t search = der_begin(b, LDAP_SEARCH_REQUEST);
    ldap_put_octets(b, SPAN_NONE);
    der_put_int(b, DER_ENUMERATED, LDAP_SCOPE_BASE);
    der_put_int(b, DER_ENUMERATED, LDAP_DEREF_NEVER);
    der_put_int(b, DER_INTEGER, 0);
    der_put_int(b, DER_INTEGER, 0);
    der_put_bool(b, DER_BOOLEAN, false);
    put_filter(b, p);
    size_t attrs = der_begin(b, DER_SEQUENCE);
    ldap_put_octets(b, SPAN_LIT("NetLogon"));
    der_end(b, attrs);
    der_end(b, search);
    der_end(b, message);
}

struct elements {
    struct span values[ELEMENT__COUNT]; /* ptr NULL: not seen */
};

static enum err take_test(const struct ldap_filter *f, struct elements *out)
{
    for (unsigned i = 0; i < ELEMENT__COUNT; i++) {
        if (!ascii_eq_fold(f->attr, span_str(element_names[i])))
            continue;
        if (out->values[i].ptr)
            return ERR_MALFORMED;
        out->values[i] = f->value;
    }
    return ERR_OK;
}

/* Depth was bounded when the filter was decoded. */
static enum err take_filter(const struct ldap_filter *f, struct elements *out)
{
    if (f->kind == LDAP_FILTER_EQUAL)
        return take_test(f, out);
    if (f->kind != LDAP_FILTER_AND)
        return ERR_NOT_FOUND;
    for (const struct ldap_filter *c = f->child; c; c = c->next)
        TRY(take_filter(c, out));
    return ERR_OK;
}

/* Little-endian, at most four octets. */
static enum err word_of(struct span s, uint32_t *out)
{
    uint32_t v = 0;
    if (s.len > sizeof(v))
        return ERR_MALFORMED;
    for (size_t i = s.len; i > 0; i--)
        v = v << 8 | s.ptr[i - 1];
    *out = v;
    return ERR_OK;
}

enum err ldap_ping_from_filter(const struct ldap_filter *f, struct ldap_ping_request *out)
{
    struct elements e = {0};
    TRY(take_filter(f, &e));
    struct ldap_ping_request p = {
        .dns_domain = e.values[DNS_DOMAIN],
        .host = e.values[HOST],
        .user = e.values[USER],
        .dns_host_name = e.values[DNS_HOST_NAME],
        .domain_guid = e.values[DOMAIN_GUID],
        .domain_sid = e.values[DOMAIN_SID],
        .has_aac = e.values[AAC].ptr != NULL,
    };
    if (p.domain_guid.ptr && p.domain_guid.len != GUID_LEN)
        return ERR_MALFORMED;
    TRY(word_of(e.values[AAC], &p.aac));
    TRY(word_of(e.values[NT_VER], &p.nt_version));
    if (!e.values[NT_VER].ptr)
        p.nt_version = LDAP_PING_V5;
    *out = p;
    return ERR_OK;
}
