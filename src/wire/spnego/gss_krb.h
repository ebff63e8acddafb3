/*
 * Frames of the Kerberos GSS mechanism: the initial token's header (RFC 2743 section 3.1, RFC 4121
 * section 4.1), MIC and Wrap token headers (RFC 4121 section 4.2.6), the checksum 0x8003 in the
 * authenticator (RFC 4121 section 4.1.1). Bytes only: rotation is undone here, cryptography is in
 * src/auth.
 *
 * The caller says which spans are secrets. Pure, thread-safe.
 */
#ifndef WIRE_SPNEGO_GSS_KRB_H
#define WIRE_SPNEGO_GSS_KRB_H

#include "base/builder.h"
#include "base/reader.h"
#include "wire/spnego/spnego.h"

/* Any mechanism's initial token: [APPLICATION 0] { OID, inner }. inner runs to the end. */
enum err gss_token_decode(struct span in, struct span *oid_out, struct span *inner_out);
/* Header and OID for inner_len bytes, which the caller writes next. */
void gss_put_token_header(struct builder *b, struct span oid, size_t inner_len);

/* The two octets after the OID, RFC 4121 section 4.1. */
enum gss_krb_tok {
    GSS_KRB_AP_REQ = 0x0100,
    GSS_KRB_AP_REP = 0x0200,
    GSS_KRB_ERROR = 0x0300,
};

/*
 * A Kerberos context token: framed with an OID of the Kerberos mechanism, or, as DCE style and some
 * clients inside SPNEGO send it, the bare AP-REP. mech is the OID seen, or SPNEGO_MECH_OTHER for a
 * bare one.
 */
struct gss_krb_token {
    enum spnego_mech mech;
    enum gss_krb_tok tok;
    struct span message; /* AP-REQ, AP-REP or KRB-ERROR */
};
enum err gss_krb_token_decode(struct span in, struct gss_krb_token *out);
void gss_krb_put_token(struct builder *b, enum spnego_mech mech, enum gss_krb_tok tok,
                       struct span message);

/* Authenticator checksum, type 0x8003. */
#define GSS_KRB_CKSUM_TYPE 0x8003
enum gss_flag {
    GSS_FLAG_DELEG = 1,
    GSS_FLAG_MUTUAL = 2,
    GSS_FLAG_REPLAY = 4,
    GSS_FLAG_SEQUENCE = 8,
    GSS_FLAG_CONF = 16,
    GSS_FLAG_INTEG = 32,
    GSS_FLAG_DCE_STYLE = 0x1000,
    GSS_FLAG_IDENTIFY = 0x2000,
    GSS_FLAG_EXTENDED_ERROR = 0x4000,
};
struct gss_krb_cksum {
    uint8_t bindings[16];   /* MD5 of the channel bindings; zeros: none */
    uint32_t flags;         /* enum gss_flag */
    struct span deleg;      /* KRB-CRED when GSS_FLAG_DELEG, else empty */
    struct span extensions; /* what follows, uninterpreted */
};
enum err gss_krb_cksum_decode(struct span in, struct gss_krb_cksum *out);
void gss_krb_put_cksum(struct builder *b, const struct gss_krb_cksum *c);

/* RFC 4121 section 4.2.6. */
#define GSS_KRB_HEADER 16
enum gss_krb_token_flag {
    GSS_KRB_SENT_BY_ACCEPTOR = 1,
    GSS_KRB_SEALED = 2,
    GSS_KRB_ACCEPTOR_SUBKEY = 4,
};

struct gss_krb_mic {
    uint8_t flags;
    uint64_t seq;
    struct span header; /* the 16 octets, which the checksum covers after the message */
    struct span sum;
};
enum err gss_krb_mic_decode(struct span in, struct gss_krb_mic *out);
void gss_krb_mic_header(uint8_t flags, uint64_t seq, uint8_t out[GSS_KRB_HEADER]);

struct gss_krb_wrap {
    uint8_t flags;
    uint16_t ec;
    uint16_t rrc;
    uint64_t seq;
    struct span header; /* as received, with its RRC */
    struct span body;   /* after the header, still rotated by rrc */
};
enum err gss_krb_wrap_decode(struct span in, struct gss_krb_wrap *out);
void gss_krb_wrap_header(uint8_t flags, uint16_t ec, uint16_t rrc, uint64_t seq,
                         uint8_t out[GSS_KRB_HEADER]);
/* Rotates left by rrc (undoes the sender's rotation), out has body.len octets and is not body. */
void gss_krb_unrotate(struct span body, uint16_t rrc, uint8_t *out);

/* SASL GSSAPI's four octets after the context is made (RFC 4752 section 3.1). */
enum gss_sasl_layer {
    GSS_SASL_NONE = 1,
    GSS_SASL_INTEGRITY = 2,
    GSS_SASL_CONFIDENTIALITY = 4,
};
struct gss_sasl_offer {
    uint8_t layers;      /* enum gss_sasl_layer: a set in the offer, one in the answer */
    uint32_t max_buffer; /* 24 bits */
    struct span authzid; /* only in the answer */
};
enum err gss_sasl_decode(struct span in, struct gss_sasl_offer *out);
void gss_sasl_put(struct builder *b, const struct gss_sasl_offer *o);

#endif
