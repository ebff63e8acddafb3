/*
 * The acceptor: a client's security tokens in, who the client is out. It takes bare tokens of the
 * Kerberos mechanism (RFC 4121, under its OID or Microsoft's old one), of NTLM version 2 where the
 * process has what that needs ([MS-NLMP]), and SPNEGO around either (RFC 4178, [MS-SPNG]); the
 * tickets are for this domain controller's own account, by whichever of its names.
 *
 * DCE style ([MS-KILE] 3.4.5.1), which DCE/RPC asks for, is Kerberos with a third message; its
 * tokens may come without the mechanism's frame.
 *
 * Life: one struct acceptor a process; one struct acceptor_context a connection (or a SASL bind),
 * freed before the acceptor. What acceptor_session gives belongs to the context and lives as long
 * as it. The bytes of *out of each call are in the caller's arena, which must wipe (ARENA_WIPE):
 * plaintexts of tickets pass through it.
 *
 * Not thread-safe. Nothing here waits but an NTLM logon for the writer's answer to a lockout, and
 * but for new, the token of a session and NTLM's messages nothing allocates outside the arena.
 *
 * Errors: ERR_REFUSED and acceptor_reason says why; ERR_NOMEM and the directory's errors are ours.
 * After an error of acceptor_step the context is dead, but *out may hold a last token (a KRB-ERROR,
 * a SPNEGO reject) that the client should still be sent: this output is set, perhaps empty,
 * whatever is returned.
 */
#ifndef AUTH_ACCEPTOR_H
#define AUTH_ACCEPTOR_H

#include "base/arena.h"
#include "base/reasons.h"
#include "base/times.h"
#include "crypt/krb_crypto.h"
#include "directory/intent.h"
#include "wire/spnego/gss_krb.h"

/* Clocks may differ by this ([MS-KILE] 3.1.1: five minutes). */
#define ACCEPTOR_SKEW (5 * UTIME_MINUTE)
/* Authenticators remembered. One older than the skew is refused for its time and may be forgotten;
 * when so many come within that time, newcomers are refused (AUTH_REPLAY_CACHE_FULL) rather than
 * an old one forgotten too early. */
#define ACCEPTOR_REPLAYS_MAX (256u << 10)
/* Memory of one session: its token and name. */
#define ACCEPTOR_SESSION_MAX (2u << 20)
/* Tokens of one negotiation. */
#define ACCEPTOR_STEPS_MAX 8
/* What the arena of one call should be able to hold. */
#define ACCEPTOR_ARENA_FIRST (32u << 10)
#define ACCEPTOR_ARENA_MAX   (4u << 20)

struct acceptor;
struct acceptor_context;
struct acceptor_ntlm_answer;
struct plat_addr;
struct trust;

/* A logon that only a trusted domain can decide: NETLOGON_NETWORK_INFO in short ([MS-NRPC]
 * 2.2.1.4.5). Texts are UTF-8. */
struct acceptor_ntlm_ask {
    const struct trust *trust; /* the way there */
    struct span domain, user, workstation;
    const uint8_t *challenge; /* 8 bytes */
    struct span nt_response, lm_response;
};

/*
 * What NTLM needs of the process, whose directory must have the ACCOUNT secrets.
 */
struct acceptor_ntlm_ops {
    void *ctx;
    /* Mandatory. The writer's answer to a lockout, waited for. */
    enum err (*intent)(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out);
    /* An account of a trusted domain: ask its domain controllers, then tell the context's waiter.
     * Everything in *ask is the callee's to copy. ERR_OK: it will come, never from inside, and
     * acceptor_step returns ERR_BUSY; the context may be freed before, of which
     * acceptor_ntlm_ops.cancel tells. ERR_LIMIT: too many are waited for already. NULL: such
     * accounts are refused (NTLM_DOMAIN_NOT_ASKED). */
    enum err (*pass_through)(void *pass_ctx, struct acceptor_context *c,
                             const struct acceptor_ntlm_ask *ask);
    void (*cancel)(void *pass_ctx, struct acceptor_context *c); /* mandatory with pass_through */
    void *pass_ctx;
    /* Under which host names and addresses, beside its own, clients may reach this domain
     * controller; what a client says that it wants to reach must be among them. */
    const struct span *names;
    unsigned name_count;
    bool anonymous; /* the service lets nobody in, as nobody */
};

struct acceptor_env {
    struct dir *dir;     /* with the SERVICE secrets */
    struct span dc_name; /* NetBIOS name of this domain controller: its account is NAME$ */
    utime (*now)(void);
    void (*random)(void *out, size_t len);
    const struct acceptor_ntlm_ops *ntlm; /* NULL: NTLM is not offered */
};

enum err acceptor_new(const struct acceptor_env *env, struct acceptor **out);
void acceptor_free(struct acceptor *acc);

enum err acceptor_context_new(struct acceptor *acc, struct acceptor_context **out);
void acceptor_context_free(struct acceptor_context *c);

/* Who goes on when a trusted domain has answered, by acceptor_resume. */
struct acceptor_waiter {
    void (*answered)(void *ctx, const struct acceptor_ntlm_answer *answer);
    void *ctx;
    const struct plat_addr *client; /* valid as long as the context */
};
void acceptor_context_wait(struct acceptor_context *c, const struct acceptor_waiter *w);
const struct acceptor_waiter *acceptor_waiter(const struct acceptor_context *c);
/* Account of the domain controller for which the context accepts: "DC1$". */
const char *acceptor_account(const struct acceptor_context *c);

/*
 * One token of the client. *out: the answer, empty when there is none. *done: the session is
 * there; until then the client owes another token. An empty `in` is answered with an empty *out,
 * because SASL clients may begin with an empty response.
 *
 * bindings: what the server knows of its TLS channel, "tls-server-end-point:" and the hash (RFC
 * 5929); empty without TLS. Bindings of the client that differ are refused; a client that gives
 * none is let in unless it says that it would have given them (KERB_AP_OPTIONS_CBT), and
 * acceptor_session.bound tells the caller, who may ask for more.
 */
enum err acceptor_step(struct acceptor_context *c, struct span in, struct span bindings,
                       struct arena *a, struct span *out, bool *done);

/* What the trusted domain said. reason REASON_NONE: let in, and all of it is set. */
struct acceptor_ntlm_answer {
    enum reason reason;
    uint32_t ntstatus;
    const struct sid *sids; /* the user first; filtered as the trust demands */
    unsigned sid_count;
    struct span user, domain; /* as the trusted domain spells them */
    uint8_t session_key[16];  /* UserSessionKey */
};
/* Goes on after acceptor_step returned ERR_BUSY. Results as acceptor_step's; ERR_STATE: the client
 * did something else meanwhile, of which the context died. */
enum err acceptor_resume(struct acceptor_context *c, const struct acceptor_ntlm_answer *answer,
                         struct arena *a, struct span *out, bool *done);

/* NegTokenInit2: the mechanisms that we take, which SMB2 NEGOTIATE and an empty LDAP bind offer
 * ([MS-SPNG] 3.2.5.2). */
enum err acceptor_hint(const struct acceptor *acc, struct arena *a, struct span *out);

/* Why the last call on this context was refused; REASON_NONE. */
enum reason acceptor_reason(const struct acceptor_context *c);
/* The same as the NTSTATUS that the client may be told; 0 when nothing was refused. */
uint32_t acceptor_ntstatus(const struct acceptor_context *c);

/* Who it is, "user@REALM" of a ticket or "DOMAIN\\user" of NTLM, for events: known as soon as the
 * ticket was opened or the name was read, before the client has proved that it may use it. Empty
 * before. */
struct span acceptor_principal(const struct acceptor_context *c);

struct acceptor_session {
    const struct dir_token *token;
    struct span principal;
    struct span user, domain; /* in two: of the ticket name and realm; of NTLM our own spelling */
    utime endtime;            /* of the ticket: the session should end with it; NTLM: UTIME_NEVER */
    uint32_t flags;           /* enum gss_flag: what the client asked for and has */
    bool bound;               /* its channel bindings are the server's */
    bool anonymous;           /* nobody, without rights; the session key is no secret */
    enum spnego_mech mech;    /* SPNEGO_MECH_KRB5, _MS_KRB5 or _NTLMSSP */
    struct krb_key session_key; /* what RPC and SMB call the session key: the last subkey agreed;
                                   of NTLM 16 bytes, as ETYPE_RC4_HMAC */
};
/* NULL before acceptor_step was done. */
const struct acceptor_session *acceptor_session(const struct acceptor_context *c);
static inline struct span acceptor_session_key(const struct acceptor_session *s)
{
    return span_of(s->session_key.bytes, s->session_key.len);
}

/* --- messages after the context is made: RFC 4121 section 4.2 ----------------------------------
 * ERR_STATE before acceptor_step was done; ERR_UNSUPPORTED with NTLM, but for acceptor_get_mic and
 * acceptor_verify_mic: LDAP does not offer it. Sequence numbers are checked when the client asked
 * for them: what is out of order is refused (AUTH_MESSAGE_SEQUENCE). */

/* What acceptor_wrap adds at most to a message. */
#define GSS_WRAP_OVERHEAD_MAX (2 * GSS_KRB_HEADER + KRB_OVERHEAD_MAX)

/* seal: confidentiality, else only signed. */
enum err acceptor_wrap(struct acceptor_context *c, bool seal, struct span plain, struct arena *a,
                       struct span *out);
enum err acceptor_unwrap(struct acceptor_context *c, struct span token, struct arena *a,
                         bool *sealed_out, struct span *plain_out);
enum err acceptor_get_mic(struct acceptor_context *c, struct span message, struct arena *a,
                          struct span *out);
enum err acceptor_verify_mic(struct acceptor_context *c, struct span message, struct span mic);

/* --- DCE/RPC ([MS-RPCE] 3.3.1.5.2.2) ------------------------------------------------------------
 * The parts of a fragment are protected in place: its header and its trailer (without the token)
 * are signed where both sides agreed on header signing, its body with the padding is signed, or
 * encrypted too. The token goes where the trailer's token goes. Fragments must be given in the
 * order in which they travel, in each direction.
 *
 * Kerberos: GSS_GetMICEx and GSS_WrapEx of [MS-KILE] 3.4.5, with AES-SHA1 session keys only to
 * encrypt; NTLM: [MS-NLMP] 3.4.6 to 3.4.9. */

struct acceptor_rpc {
    bool seal; /* level privacy; else packet or integrity, which are one and the same */
    bool sign_header;
    struct span header, trailer;
    uint8_t *body;
    size_t body_len;
};

/* Bytes of the tokens that acceptor_rpc_protect writes on this context; what comes may be another
 * size. */
size_t acceptor_rpc_token_size(const struct acceptor_context *c, bool seal);
#define ACCEPTOR_RPC_TOKEN_MAX 76
/* token has acceptor_rpc_token_size bytes. ERR_STATE before the context is made; ERR_UNSUPPORTED:
 * an encryption type that cannot, or a session of nobody, which protects nothing. */
enum err acceptor_rpc_protect(struct acceptor_context *c, const struct acceptor_rpc *m,
                              struct arena *a, uint8_t *token);
/* The other way; after a refusal (AUTH_MESSAGE_*) the body is worthless and the context should end.
 */
enum err acceptor_rpc_open(struct acceptor_context *c, const struct acceptor_rpc *m,
                           struct span token, struct arena *a);

/* --- SASL GSSAPI (RFC 4752 section 3.1, [MS-ADTS] 5.1.1.1.1) -----------------------------------
 * After the context is made and the client acknowledged it (an empty token), the server offers its
 * layers and the client chooses one. GSS-SPNEGO has no such exchange: there gss_flag's CONF or
 * INTEG decides (acceptor_layer_of_flags). */

/* The wrapped offer. layers: set of enum gss_sasl_layer; what the context cannot do is left out.
 * max_buffer: largest wrapped message that the server takes, below 2^24. */
enum err acceptor_sasl_offer(struct acceptor_context *c, unsigned layers, uint32_t max_buffer,
                             struct arena *a, struct span *out);
struct acceptor_sasl_choice {
    enum gss_sasl_layer layer;
    uint32_t max_buffer; /* largest wrapped message that the client takes */
    struct span authzid; /* in the arena; empty: the client itself */
};
/* AUTH_SASL_LAYER when it was not offered, AUTH_SASL_MALFORMED. */
enum err acceptor_sasl_chosen(struct acceptor_context *c, struct span token, struct arena *a,
                              struct acceptor_sasl_choice *out);
enum gss_sasl_layer acceptor_layer_of_flags(uint32_t flags);

#endif
