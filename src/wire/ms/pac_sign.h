/*
 * The four signatures of a PAC ([MS-PAC] 2.8), made and verified in place: while a checksum runs,
 * the signatures that it must see as zeros are replaced by zeros of the checksum's input, so no
 * copy of the PAC is made. Keys are prepared with krb_usage_init for usage PAC_KEY_USAGE.
 *
 * - ticket: krbtgt's key over the EncTicketPart whose PAC is one zero byte (the caller's encoding)
 * - full: krbtgt's key over the PAC, with full, server and KDC signatures zero
 * - server: the service's key over the PAC, with server and KDC signatures zero
 * - KDC: krbtgt's key over the server signature
 */
#ifndef WIRE_MS_PAC_SIGN_H
#define WIRE_MS_PAC_SIGN_H

#include "crypt/krb_crypto.h"
#include "wire/ms/pac.h"

#define PAC_KEY_USAGE 17

/* Writes all signatures that the layout has, in the order of 2.8.1. bytes is the whole PAC; its
 * signature bytes need not be zero before. The checksum types of the layout must be those of the
 * keys: ERR_STATE. ticket: the parts of the EncTicketPart as above, used when the layout has that
 * signature. */
enum err pac_sign(uint8_t *bytes, const struct pac_layout *layout, const struct krb_usage *server,
                  const struct krb_usage *kdc, const struct span *ticket, unsigned ticket_parts);

/* Each verifies one signature. ERR_NOT_FOUND: the PAC has no such buffer; ERR_MALFORMED: its size
 * does not fit its type; ERR_UNSUPPORTED: a checksum type that does not belong to the key;
 * ERR_INTEGRITY. */
enum err pac_verify_server(const struct pac *p, const struct krb_usage *server);
enum err pac_verify_kdc(const struct pac *p, const struct krb_usage *kdc);
enum err pac_verify_full(const struct pac *p, const struct krb_usage *kdc);
enum err pac_verify_ticket(const struct pac *p, const struct krb_usage *kdc,
                           const struct span *ticket, unsigned ticket_parts);

/* The key version part that an RODC appends to its KDC signature; 0 when there is none. */
uint16_t pac_rodc_id(const struct pac *p);

#endif
