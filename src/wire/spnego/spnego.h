/*
 * SPNEGO (RFC 4178, [MS-SPNG]) and the frames of the Kerberos mechanism (RFC 1964 section 1.1, RFC
 * 4121): bytes only. Which mechanism is chosen, MICs and sealing are decided and computed in
 * src/auth.
 *
 * Spans are views into the input; lists are in the arena. Pure, thread-safe.
 */
#ifndef WIRE_SPNEGO_SPNEGO_H
#define WIRE_SPNEGO_SPNEGO_H

#include "base/arena.h"
#include "base/builder.h"

#define SPNEGO_MECHS_MAX 32
/* A security token that is larger is refused before it is read (a PAC of 64 KiB and room). */
#define SPNEGO_TOKEN_MAX (128 * 1024)

enum spnego_mech {
    SPNEGO_MECH_OTHER = 0,
    SPNEGO_MECH_SPNEGO,   /* 1.3.6.1.5.5.2 */
    SPNEGO_MECH_KRB5,     /* 1.2.840.113554.1.2.2 */
    SPNEGO_MECH_MS_KRB5,  /* 1.2.840.48018.1.2.2: the same mechanism, an old slip of the pen */
    SPNEGO_MECH_KRB5_U2U, /* 1.2.840.113554.1.2.2.3 */
    SPNEGO_MECH_NTLMSSP,  /* 1.3.6.1.4.1.311.2.2.10 */
    SPNEGO_MECH_NEGOEX,   /* 1.3.6.1.4.1.311.2.2.30 */
    SPNEGO_MECH__COUNT
};

/* Contents octets of the OID; the empty span for SPNEGO_MECH_OTHER. */
struct span spnego_mech_oid(enum spnego_mech m);
enum spnego_mech spnego_mech_of(struct span oid);
const char *spnego_mech_name(enum spnego_mech m); /* "krb5" */

struct spnego_mechs {
    struct span *items; /* contents octets of OIDs, the sender's order */
    uint32_t count;
    struct span raw; /* as received: what the mechListMIC covers; not read when encoding */
};

/* NegTokenInit of RFC 4178 section 4.2.1, and NegTokenInit2 of [MS-SPNG] 2.2.1 (with neg_hints). */
struct spnego_init {
    struct spnego_mechs mech_types;
    bool has_req_flags;
    uint32_t req_flags;
    struct span mech_token;    /* optional */
    struct span mech_list_mic; /* optional */
    struct span hint_name;     /* optional: negHints, "not_defined_in_RFC4178@please_ignore" */
};

enum spnego_state {
    SPNEGO_ACCEPT_COMPLETED = 0,
    SPNEGO_ACCEPT_INCOMPLETE = 1,
    SPNEGO_REJECT = 2,
    SPNEGO_REQUEST_MIC = 3,
};

/* NegTokenResp, RFC 4178 section 4.2.2. */
struct spnego_resp {
    bool has_state;
    enum spnego_state state;
    struct span supported_mech; /* optional, contents octets of an OID */
    struct span response_token; /* optional */
    struct span mech_list_mic;  /* optional */
};

enum spnego_kind {
    SPNEGO_RAW_MECH, /* a GSS initial token of another mechanism (Windows sends bare Kerberos too)
                      */
    SPNEGO_RAW_NTLM, /* begins with "NTLMSSP\0" */
    SPNEGO_INIT,
    SPNEGO_RESP,
};

/* A token of a negotiation in any of the shapes that clients send. */
struct spnego_token {
    enum spnego_kind kind;
    struct spnego_init init;   /* SPNEGO_INIT */
    struct spnego_resp resp;   /* SPNEGO_RESP */
    enum spnego_mech raw_mech; /* SPNEGO_RAW_MECH; its bytes are the input */
};

/* ERR_MALFORMED, ERR_LIMIT, ERR_TRUNCATED; ERR_UNSUPPORTED: none of the shapes. */
enum err spnego_decode(struct span in, struct arena *a, struct spnego_token *out);
/* With the GSS header of the SPNEGO mechanism; hint_name is not written. A mech_list_mic or a
 * hint_name of more than 250 octets is ERR_LIMIT in the builder. */
void spnego_put_init(struct builder *b, const struct spnego_init *i);
/* The form with hint_name that a server offers first (SMB2 negotiate). */
void spnego_put_init2(struct builder *b, const struct spnego_init *i);
void spnego_put_resp(struct builder *b, const struct spnego_resp *r);
/* DER of a MechTypeList: what an initiator signs for what it sent. */
void spnego_put_mech_list(struct builder *b, const struct spnego_mechs *m);

#endif
