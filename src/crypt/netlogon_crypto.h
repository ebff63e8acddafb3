/*
 * The cryptography of NETLOGON's secure channel with AES ([MS-NRPC] 3.1.4 and 3.3.4), for the
 * server's and the client's role. The older forms (DES and MD5 keys, RC4 tokens) are not here, so
 * that nothing can fall back to them.
 *
 * Life: both challenges and the secret's NT hash give a session key; each side proves that it has
 * it by a credential over its own challenge. From then on there are two independent uses of the
 * key: the chain of credentials, which authenticators of calls step (struct netlogon_chain, one a
 * session, shared by all connections), and the protection of fragments (struct netlogon_schannel,
 * one a connection, whose numbers begin at zero with each bind).
 *
 * All keys and chains are secret: wipe them. Nothing here allocates or waits.
 */
#ifndef CRYPT_NETLOGON_CRYPTO_H
#define CRYPT_NETLOGON_CRYPTO_H

#include "crypt/hash.h"

#define NETLOGON_KEY_SIZE        16
#define NETLOGON_CREDENTIAL_SIZE 8
#define NETLOGON_CONFOUNDER_SIZE 8

/* NL_AUTH_SHA2_SIGNATURE as it is sent. Of what arrives the last 24 bytes, which are reserved, may
 * be missing: there are implementations that leave them out. */
#define NETLOGON_SIGN_TOKEN     48
#define NETLOGON_SEAL_TOKEN     56
#define NETLOGON_SIGN_TOKEN_MIN 24
#define NETLOGON_SEAL_TOKEN_MIN 32

/* 3.1.4.3.1 */
void netlogon_session_key(const uint8_t nt_hash[16],
                          const uint8_t client_challenge[NETLOGON_CREDENTIAL_SIZE],
                          const uint8_t server_challenge[NETLOGON_CREDENTIAL_SIZE],
                          uint8_t key_out[NETLOGON_KEY_SIZE]);
/* 3.1.4.4.1: of a challenge, or the next in the chain. out may be in. */
void netlogon_credential_make(const uint8_t key[NETLOGON_KEY_SIZE],
                              const uint8_t in[NETLOGON_CREDENTIAL_SIZE],
                              uint8_t out[NETLOGON_CREDENTIAL_SIZE]);
/* The first five bytes are the same: what CVE-2020-1472 needs, and what no good random generator
 * gives more than once in four thousand million. Such challenges and credentials are refused, and
 * a client does not send them. */
bool netlogon_challenge_weak(const uint8_t challenge[NETLOGON_CREDENTIAL_SIZE]);

/* AES-128 in 8-bit CFB mode with an initial vector of zeros, in place: what is inside of calls (new
 * passwords, session keys, hashes of interactive logons). Each value is a message of its own. */
void netlogon_encrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t *bytes, size_t len);
void netlogon_decrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t *bytes, size_t len);
/* A hash under DES as [MS-SAMR] 2.2.11.1.1 has it, with the session key: the answers of opnums 42
 * and 46 have it so whatever else was agreed. In place. */
void netlogon_hash_encrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t hash[16]);
void netlogon_hash_decrypt(const uint8_t key[NETLOGON_KEY_SIZE], uint8_t hash[16]);

/* --- authenticators, 3.1.4.5 ----------------------------------------------------------------- */

struct netlogon_chain {
    uint8_t key[NETLOGON_KEY_SIZE];
    /* Begins as the client's credential of the authentication, on both sides. */
    uint8_t stored[NETLOGON_CREDENTIAL_SIZE];
};

/* The client's next authenticator; the chain waits for the answer to it. */
void netlogon_chain_ask(struct netlogon_chain *c, uint32_t timestamp,
                        uint8_t credential_out[NETLOGON_CREDENTIAL_SIZE]);
/* The server's: checks it and makes the one to return. ERR_INTEGRITY: it is not the next one, or it
 * is weak (netlogon_challenge_weak); the chain is as it was then. */
enum err netlogon_chain_answer(struct netlogon_chain *c, uint32_t timestamp,
                               const uint8_t credential[NETLOGON_CREDENTIAL_SIZE],
                               uint8_t credential_out[NETLOGON_CREDENTIAL_SIZE]);
/* The client's check of what came back. ERR_INTEGRITY: the session is worth nothing any more. */
enum err netlogon_chain_confirm(struct netlogon_chain *c,
                                const uint8_t credential[NETLOGON_CREDENTIAL_SIZE]);

/* --- protection of fragments, 3.3.4.2 -------------------------------------------------------- */

/* Fragments count in one sequence for both directions, as they are sent and arrive, so that they
 * must be protected and opened in that order. After a failure the connection is worth nothing. */
struct netlogon_schannel {
    uint8_t key[NETLOGON_KEY_SIZE];
    uint64_t number;
    bool client; /* we are the client */
};

/* parts are the message as it is signed, read while they are plain; the len bytes at secret, which
 * parts of the message usually are, are encrypted in place. confounder: random. */
void netlogon_seal(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                   uint8_t *secret, size_t len, const uint8_t confounder[NETLOGON_CONFOUNDER_SIZE],
                   uint8_t token_out[NETLOGON_SEAL_TOKEN]);
/* parts are read after the decryption. ERR_INTEGRITY: changed, out of order, of another key or
 * algorithm; secret is zeroed then. */
enum err netlogon_unseal(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                         uint8_t *secret, size_t len, struct span token);
/* The same without encryption. */
void netlogon_sign(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                   uint8_t token_out[NETLOGON_SIGN_TOKEN]);
enum err netlogon_verify(struct netlogon_schannel *s, const struct span *parts, unsigned count,
                         struct span token);

#endif
