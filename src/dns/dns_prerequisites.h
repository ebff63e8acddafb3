/* What an update says that has to be there, or not (RFC 2136 section 3.2): pure, over zone_ops. */
#ifndef DNS_DNS_PREREQUISITES_H
#define DNS_DNS_PREREQUISITES_H

#include "dns/dns_zone.h"
#include "wire/dns/dns_message.h"

/* The first that does not hold, as its rcode; NOERROR, FORMERR, NOTZONE, SERVFAIL. Within a
 * snapshot. */
enum dns_rcode dns_prerequisites(const struct dns_zones *zones, const struct dns_zone *zone,
                                 const struct dns_rr_list *list, struct arena *a);

#endif
