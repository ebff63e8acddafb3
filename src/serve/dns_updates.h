/*
 * What dynamic updates of DNS need of the process: Kerberos contexts by the acceptor, under the
 * domain controller's own keys, and the way to the writer, with the rights of who signed.
 */
#ifndef SERVE_DNS_UPDATES_H
#define SERVE_DNS_UPDATES_H

#include "dns/dns_update.h"
#include "serve/serve.h"

/* Lives as long as the process. */
enum err dns_updates_new(struct serve_child *child, struct dns_updates *out);

#endif
