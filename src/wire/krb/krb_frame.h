/*
 * What stands around Kerberos messages: the length before each one over TCP (RFC 4120
 * section 7.2.2), and the frames of password changing (RFC 3244 section 2, RFC 4120's TCP length
 * before it over TCP).
 *
 * Pure, thread-safe; spans are views into the input.
 */
#ifndef WIRE_KRB_KRB_FRAME_H
#define WIRE_KRB_KRB_FRAME_H

#include "base/arena.h"
#include "base/builder.h"
#include "wire/krb/krb_const.h"

#define KRB_TCP_HEADER 4

/*
 * The length of the message that follows the four octets. ERR_TRUNCATED: fewer than four yet;
 * ERR_LIMIT: longer than max; ERR_MALFORMED: zero; ERR_UNSUPPORTED: the reserved high bit is set
 * (the server answers KRB_ERR_FIELD_TOOLONG and closes).
 */
enum err krb_tcp_length(struct span received, size_t max, size_t *len_out);
void krb_put_tcp_length(struct builder *b, uint32_t len);

#define KPASSWD_VERSION_CHANGE 1      /* the user data is the bare new password */
#define KPASSWD_VERSION_SET    0xff80 /* it is ChangePasswdData */

struct kpasswd_request {
    uint16_t version;
    struct span ap_req;
    struct span priv; /* KRB-PRIV */
};
/* ERR_UNSUPPORTED: another version (answer KPASSWD_BAD_VERSION); ERR_MALFORMED. */
enum err kpasswd_request_decode(struct span in, struct kpasswd_request *out);
void kpasswd_put_request(struct builder *b, const struct kpasswd_request *r);

struct kpasswd_reply {
    struct span ap_rep; /* empty: `body` is a KRB-ERROR */
    struct span body;   /* KRB-PRIV or KRB-ERROR */
};
enum err kpasswd_reply_decode(struct span in, struct kpasswd_reply *out);
void kpasswd_put_reply(struct builder *b, const struct kpasswd_reply *r);

/* The user data of the reply's KRB-PRIV (or e-data of its KRB-ERROR): code and text. */
struct kpasswd_outcome {
    uint16_t code;    /* enum kpasswd_result */
    struct span text; /* UTF-8, or AD's binary policy of 30 bytes */
};
enum err kpasswd_outcome_decode(struct span in, struct kpasswd_outcome *out);
void kpasswd_put_outcome(struct builder *b, const struct kpasswd_outcome *o);

#endif
