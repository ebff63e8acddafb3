/*
 * Authenticators, and what the session's key encrypts inside of calls ([MS-NRPC] 3.1.4.5, 3.5.4.5).
 */
#include "peer/peer_session.h"
#include "plat/clock.h"
#include "wire/rpc/netlogon_channel.h"
#include "wire/rpc/netlogon_logon.h"
#include "wire/rpc/netlogon_trust.h"

struct call_row {
    uint16_t opnum;
    bool authenticated, by_pointer;
    uint16_t asks, returns; /* offsets of the authenticators, or of the pointers to them */
    void (*protect)(const uint8_t *key, void *args);
    void (*reveal)(const uint8_t *key, void *args);
};

static bool is_zero(const uint8_t *p, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= p[i];
    return any == 0;
}

/* Only what is there: an absent hash or key is zeros and stays zeros. */
static void encrypt_some(const uint8_t *key, uint8_t *p, size_t len)
{
    if (!is_zero(p, len))
        netlogon_encrypt(key, p, len);
}

static void decrypt_some(const uint8_t *key, uint8_t *p, size_t len)
{
    if (!is_zero(p, len))
        netlogon_decrypt(key, p, len);
}

static void protect_logon(const uint8_t *key, uint16_t level, union netlogon_level *logon)
{
    if (level != NETLOGON_INTERACTIVE && level != NETLOGON_INTERACTIVE_TRANSITIVE &&
        level != NETLOGON_SERVICE && level != NETLOGON_SERVICE_TRANSITIVE)
        return;
    if (!logon->password)
        return;
    encrypt_some(key, logon->password->lm_hash, sizeof(logon->password->lm_hash));
    encrypt_some(key, logon->password->nt_hash, sizeof(logon->password->nt_hash));
}

/* reserved1 is where the LM session key was. */
static void reveal_sam(const uint8_t *key, struct pac_logon_info *info)
{
    if (!info)
        return;
    decrypt_some(key, info->session_key, sizeof(info->session_key));
    decrypt_some(key, info->reserved1, sizeof(info->reserved1));
}

/* Those of NETLOGON_VALIDATION_SAM_INFO4 are not encrypted (3.5.4.5.1). */
static void reveal_validation(const uint8_t *key, uint16_t level, union netlogon_validation *v)
{
    if (level == NETLOGON_VALIDATION_SAM || level == NETLOGON_VALIDATION_SAM2)
        reveal_sam(key, v->sam);
}

static void protect_sam_logon(const uint8_t *key, void *args)
{
    struct netlogon_sam_logon *q = args;
    protect_logon(key, q->logon_level, &q->logon);
}

static void reveal_sam_logon(const uint8_t *key, void *args)
{
    struct netlogon_sam_logon *q = args;
    reveal_validation(key, q->validation_level, &q->validation);
}

static void protect_logon_ex(const uint8_t *key, void *args)
{
    struct netlogon_sam_logon_ex *q = args;
    protect_logon(key, q->logon_level, &q->logon);
}

static void reveal_logon_ex(const uint8_t *key, void *args)
{
    struct netlogon_sam_logon_ex *q = args;
    reveal_validation(key, q->validation_level, &q->validation);
}

static void protect_password(const uint8_t *key, void *args)
{
    struct netlogon_password_set2 *q = args;
    uint8_t bytes[sizeof(q->password.buffer) + 4];
    struct builder b;
    builder_over(&b, bytes, sizeof(bytes));
    for (unsigned i = 0; i < NETLOGON_PASSWORD_UNITS; i++)
        builder_le16(&b, q->password.buffer[i]);
    builder_le32(&b, q->password.length);
    netlogon_encrypt(key, bytes, sizeof(bytes));
    struct reader r = reader_of(span_of(bytes, sizeof(bytes)));
    for (unsigned i = 0; i < NETLOGON_PASSWORD_UNITS; i++)
        q->password.buffer[i] = reader_le16(&r);
    q->password.length = reader_le32(&r);
}

static void reveal_passwords(const uint8_t *key, void *args)
{
    struct netlogon_trust_passwords_get *q = args;
    netlogon_hash_decrypt(key, q->current.bytes);
    netlogon_hash_decrypt(key, q->previous.bytes);
}

static void reveal_trust_info(const uint8_t *key, void *args)
{
    struct netlogon_get_trust_info *q = args;
    netlogon_hash_decrypt(key, q->current.bytes);
    netlogon_hash_decrypt(key, q->previous.bytes);
}

#define INSIDE(T)                                                                                  \
    .authenticated = true, .asks = offsetof(struct T, authenticator),                              \
    .returns = offsetof(struct T, return_authenticator)
#define POINTED(T) INSIDE(T), .by_pointer = true

static const struct call_row rows[] = {
    {NETLOGON_SAM_LOGON, POINTED(netlogon_sam_logon), .protect = protect_sam_logon,
     .reveal = reveal_sam_logon},
    {NETLOGON_SAM_LOGOFF, POINTED(netlogon_sam_logoff)},
    {NETLOGON_GET_CAPABILITIES, INSIDE(netlogon_get_capabilities)},
    {NETLOGON_GET_DOMAIN_INFO, INSIDE(netlogon_get_domain_info)},
    {NETLOGON_PASSWORD_SET2, INSIDE(netlogon_password_set2), .protect = protect_password},
    {NETLOGON_SAM_LOGON_EX, .protect = protect_logon_ex, .reveal = reveal_logon_ex},
    {NETLOGON_TRUST_PASSWORDS_GET, INSIDE(netlogon_trust_passwords_get),
     .reveal = reveal_passwords},
    {NETLOGON_FOREST_INFO, INSIDE(netlogon_forest_info)},
    {NETLOGON_SAM_LOGON_FLAGS, POINTED(netlogon_sam_logon), .protect = protect_sam_logon,
     .reveal = reveal_sam_logon},
    {NETLOGON_GET_TRUST_INFO, INSIDE(netlogon_get_trust_info), .reveal = reveal_trust_info},
};

static const struct call_row *row_of(uint16_t opnum)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].opnum == opnum)
            return &rows[i];
    }
    return NULL;
}

/* Where an authenticator is; makes the ones that are behind pointers. */
static struct netlogon_authenticator *member(const struct call_row *row, uint16_t at, void *args,
                                             struct arena *a)
{
    if (!row->by_pointer)
        return (void *)((uint8_t *)args + at);
    struct netlogon_authenticator **pointer = (void *)((uint8_t *)args + at);
    if (!*pointer && a)
        *pointer = arena_new(a, struct netlogon_authenticator);
    return *pointer;
}

enum err peer_secrets_protect(struct netlogon_chain *chain, uint16_t opnum, void *args,
                              struct arena *a)
{
    const struct call_row *row = row_of(opnum);
    if (row && row->protect)
        row->protect(chain->key, args);
    if (!row || !row->authenticated)
        return ERR_OK;
    struct netlogon_authenticator *asks = member(row, row->asks, args, a);
    struct netlogon_authenticator *returns = member(row, row->returns, args, a);
    if (!asks || !returns)
        return ERR_NOMEM;
    *returns = (struct netlogon_authenticator){0};
    asks->timestamp = (uint32_t)(plat_now() / UTIME_SECOND);
    netlogon_chain_ask(chain, asks->timestamp, asks->credential.bytes);
    return ERR_OK;
}

enum err peer_secrets_reveal(struct netlogon_chain *chain, uint16_t opnum, void *args)
{
    const struct call_row *row = row_of(opnum);
    if (row && row->authenticated) {
        const struct netlogon_authenticator *returns = member(row, row->returns, args, NULL);
        if (!returns)
            return ERR_INTEGRITY;
        TRY(netlogon_chain_confirm(chain, returns->credential.bytes));
    }
    if (row && row->reveal)
        row->reveal(chain->key, args);
    return ERR_OK;
}
