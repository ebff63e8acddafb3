/*
 * Addresses of the machine's network interfaces, asked of the kernel over rtnetlink. Needs
 * CAP_NET_ADMIN; waits for the kernel's answer, which comes at once.
 */
#ifndef PLAT_INTERFACE_H
#define PLAT_INTERFACE_H

#include "plat/address.h"

/* One that is there already is fine. ERR_NOT_FOUND: no such interface; ERR_DENIED; ERR_IO, with
 * errno. */
enum err plat_interface_add(const char *name, const struct plat_addr *address, unsigned prefix);
/* One that is not there is fine. */
enum err plat_interface_remove(const char *name, const struct plat_addr *address, unsigned prefix);

#endif
