/*
 * LDAP as a client: requests encoded, responses decoded in place. For the DC locator's pings,
 * probes, the load generator. Pure, thread-safe.
 */
#ifndef WIRE_LDAP_LDAP_CLIENT_H
#define WIRE_LDAP_LDAP_CLIENT_H

#include "base/builder.h"
#include "wire/ldap/ldap_message.h"

/* Any request of ldap_message.h, controls included; the inverse of ldap_decode. ERR_RANGE in the
 * builder for an operation that is no request, ERR_LIMIT for a filter deeper than
 * LDAP_FILTER_DEPTH_MAX. */
void ldap_put_request(struct builder *b, const struct ldap_message *m);

struct ldap_response {
    int32_t id;
    enum ldap_op op;
    /* all but entry and reference */
    uint32_t code;
    struct span matched_dn;
    struct span message;
    struct span *referrals; /* the URLs of a search reference, too */
    uint32_t referral_count;
    struct span sasl_creds; /* bind */
    struct span oid, value; /* extended, intermediate */
    /* entry */
    struct span dn;
    struct ldap_attribute *attrs;
    uint32_t attr_count;
    struct ldap_control *controls;
    uint32_t control_count;
};

/* One whole response. ERR_UNSUPPORTED: an operation that is no response. */
enum err ldap_decode_response(struct span in, struct arena *a, struct ldap_response **out);

/* The attribute of an entry by name, ASCII case ignored, or NULL. */
const struct ldap_attribute *ldap_response_attr(const struct ldap_response *r, const char *name);
const struct ldap_control *ldap_response_control(const struct ldap_response *r, const char *oid);

/*
 * The NetLogon ping ([MS-ADTS] 6.3.3.1) as one search request: base "", attribute NetLogon, filter
 * (&(DnsDomain=...)(NtVer=....)) and what else is not empty. The answer is an entry whose NetLogon
 * attribute is a NETLOGON_SAM_LOGON_RESPONSE_EX.
 */
struct ldap_ping {
    struct span dns_domain;
    struct span host; /* may be empty, as the user */
    struct span user;
    bool has_aac;
    uint32_t aac;
    uint32_t nt_version;
};
void ldap_put_ping(struct builder *b, int32_t id, const struct ldap_ping *p);
/*
 * The elements of a ping from a search request's filter: AND of equality tests, in any order;
 * nested ANDs as Samba sends them. Elements that are not known are ignored, as [MS-ADTS] 6.3.3.1
 * says. ERR_NOT_FOUND: the filter has another shape, so it is no ping; ERR_MALFORMED: an element
 * twice, or a number or GUID of the wrong length, for which the DC's answer is an empty result
 * (6.3.3.3).
 */
#define LDAP_PING_V5 2 /* NETLOGON_NT_VERSION_5 */
struct ldap_ping_request {
    struct span dns_domain, host, user, dns_host_name;
    struct span domain_guid; /* 16 octets, or empty */
    struct span domain_sid;  /* octets, or empty */
    bool has_aac;
    uint32_t aac;
    uint32_t nt_version; /* LDAP_PING_V5 when absent: there are clients that leave it out */
};
enum err ldap_ping_from_filter(const struct ldap_filter *f, struct ldap_ping_request *out);

#endif
