/*
 * The cryptography of NTLM version 2 with extended session security and 128 bits ([MS-NLMP] 3.3.2
 * and 3.4). LM, version 1 and weaker keys are not here, so that nothing can fall back to them.
 *
 * Life: from a password's NT hash to the exported session key by plain functions; then one struct
 * ntlm_stream for each direction of a connection. A stream is a state: RC4 runs on from message to
 * message and numbers count up, so messages must be protected and opened in the order in which they
 * travel, and after a failure the stream is worth nothing any more. All keys are secret: wipe them.
 *
 * Texts are UTF-16LE as they stand in the messages. Nothing here allocates or waits.
 */
#ifndef CRYPT_NTLM_CRYPTO_H
#define CRYPT_NTLM_CRYPTO_H

#include "crypt/hash.h"

#include <nettle/arcfour.h>

#define NTLM_KEY_SIZE       16
#define NTLM_CHALLENGE_SIZE 8
#define NTLM_SIGNATURE_SIZE 16

/* NTOWFv2. user_upper: the user's name in upper case (text_upper); domain as the client wrote it.
 */
void ntlm_owf_v2(const uint8_t nt_hash[16], struct span user_upper, struct span domain,
                 uint8_t out[NTLM_KEY_SIZE]);
/* NTProofStr over the server's challenge and `temp`, what follows the proof in the response. */
void ntlm_proof(const uint8_t owf[NTLM_KEY_SIZE], const uint8_t server_challenge[8],
                struct span temp, uint8_t out[16]);
/* The session base key, which in version 2 is the key exchange key too. */
void ntlm_base_key(const uint8_t owf[NTLM_KEY_SIZE], const uint8_t proof[16],
                   uint8_t out[NTLM_KEY_SIZE]);
/* The exported session key under the key exchange key: encrypts and decrypts. out may be in. */
void ntlm_exchange(const uint8_t kx_key[NTLM_KEY_SIZE], const uint8_t in[NTLM_KEY_SIZE],
                   uint8_t out[NTLM_KEY_SIZE]);
/* The MIC over the three messages, given in parts; the MIC's own place counts as zeros. */
void ntlm_mic(const uint8_t exported[NTLM_KEY_SIZE], const struct span *parts, unsigned count,
              uint8_t out[16]);

enum ntlm_sender { NTLM_CLIENT, NTLM_SERVER };

struct ntlm_stream {
    struct hmac_key sign;
    struct arcfour_ctx seal;
    uint8_t seal_key[NTLM_KEY_SIZE];
    uint32_t number;
    bool exchanged; /* a key was exchanged: checksums are encrypted too */
};

/* The messages that `sender` sends. exchanged: NTLMSSP_NEGOTIATE_KEY_EXCH. */
void ntlm_stream_init(struct ntlm_stream *s, const uint8_t exported[NTLM_KEY_SIZE],
                      enum ntlm_sender sender, bool exchanged);
void ntlm_stream_wipe(struct ntlm_stream *s);
/* RC4 begins anew and numbers go on: a mechListMIC, the first that is signed, leaves the key stream
 * as it found it ([MS-SPNG] 3.2.5.1). */
void ntlm_stream_restart(struct ntlm_stream *s);

/* The parts are one message. */
void ntlm_sign(struct ntlm_stream *s, const struct span *parts, unsigned count,
               uint8_t out[NTLM_SIGNATURE_SIZE]);
enum err ntlm_verify(struct ntlm_stream *s, const struct span *parts, unsigned count,
                     const uint8_t signature[NTLM_SIGNATURE_SIZE]);

/* The same, and the len bytes at secret, which parts of the message usually are, are encrypted in
 * place: parts are read while they are plain. */
void ntlm_seal(struct ntlm_stream *s, const struct span *parts, unsigned count, uint8_t *secret,
               size_t len, uint8_t out[NTLM_SIGNATURE_SIZE]);
/* ERR_INTEGRITY: changed, out of order, of another key; secret is zeroed then. */
enum err ntlm_unseal(struct ntlm_stream *s, const struct span *parts, unsigned count,
                     uint8_t *secret, size_t len, const uint8_t signature[NTLM_SIGNATURE_SIZE]);

#endif
