#include "peer/peer_ping.h"

#include "wire/ldap/ldap_client.h"

#define NTVER (NETLOGON_V5 | NETLOGON_V5EX)

enum err peer_ping_request(struct span domain, struct arena *a, struct span *out)
{
    struct ldap_ping q = {.dns_domain = domain, .nt_version = NTVER};
    struct builder b;
    builder_in(&b, a, LDAP_DATAGRAM_MAX);
    ldap_put_ping(&b, 1, &q);
    return builder_done(&b, out);
}

enum err peer_ping_read(struct span bytes, struct arena *a, struct netlogon_answer *out)
{
    struct ldap_response *response;
    size_t len;
    TRY(ldap_peek(bytes, LDAP_DATAGRAM_MAX, &len));
    TRY(ldap_decode_response(span_sub(bytes, 0, len), a, &response));
    const struct ldap_attribute *netlogon = ldap_response_attr(response, "netlogon");
    if (!netlogon || netlogon->count != 1)
        return ERR_NOT_FOUND;
    return netlogon_answer_decode(netlogon->values[0], a, out);
}
