/*
 * The OPT record that we send (RFC 6891): our own UDP size, no options. For this folder only.
 */
#ifndef WIRE_DNS_DNS_OPT_H
#define WIRE_DNS_DNS_OPT_H

#include "base/builder.h"
#include "wire/dns/dns_types.h"

void dns_put_opt(struct builder *b, enum dns_rcode rcode, bool dnssec_ok);

#endif
