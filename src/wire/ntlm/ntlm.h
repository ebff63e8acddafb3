/*
 * The messages of NTLM ([MS-NLMP] 2.2.1 and 2.2.2), both directions: bytes only. What is believed
 * of them is decided in src/auth, the cryptography is crypt/ntlm_crypto.h.
 *
 * Spans are views into the input. Texts are as the message has them: UTF-16LE, or the OEM character
 * set where NTLMSSP_NEGOTIATE_UNICODE is not set (NEGOTIATE's names always). Pure, thread-safe.
 */
#ifndef WIRE_NTLM_NTLM_H
#define WIRE_NTLM_NTLM_H

#include "base/builder.h"

/* Windows' own are below 1 KiB; names of 255 characters and every AV pair fit many times over. */
#define NTLM_MESSAGE_MAX (16 * 1024)
/* Pairs of one list; there are ten kinds. */
#define NTLM_PAIRS_MAX 32

/* [MS-NLMP] 2.2.2.5. */
enum ntlm_flag {
    NTLM_UNICODE = 0x1,
    NTLM_OEM = 0x2,
    NTLM_REQUEST_TARGET = 0x4,
    NTLM_SIGN = 0x10,
    NTLM_SEAL = 0x20,
    NTLM_DATAGRAM = 0x40,
    NTLM_LM_KEY = 0x80,
    NTLM_NTLM = 0x200,
    NTLM_ANONYMOUS = 0x800,
    NTLM_DOMAIN_SUPPLIED = 0x1000,
    NTLM_WORKSTATION_SUPPLIED = 0x2000,
    NTLM_ALWAYS_SIGN = 0x8000,
    NTLM_TARGET_DOMAIN = 0x10000,
    NTLM_TARGET_SERVER = 0x20000,
    NTLM_EXTENDED_SECURITY = 0x80000,
    NTLM_IDENTIFY = 0x100000,
    NTLM_TARGET_INFO = 0x800000,
    NTLM_VERSION = 0x2000000,
    NTLM_128 = 0x20000000,
    NTLM_KEY_EXCHANGE = 0x40000000,
};
#define NTLM_56 0x80000000u /* not an int */

enum ntlm_kind { NTLM_NEGOTIATE = 1, NTLM_CHALLENGE = 2, NTLM_AUTHENTICATE = 3 };

/* Which of the three it says it is. ERR_MALFORMED, ERR_LIMIT. */
enum err ntlm_kind(struct span in, enum ntlm_kind *out);

/* --- the list of AV pairs, [MS-NLMP] 2.2.2.1 ----------------------------------------------------
 */

enum ntlm_av_flag {
    NTLM_AV_CONSTRAINED = 1,
    NTLM_AV_MIC = 2,              /* AUTHENTICATE has a MIC */
    NTLM_AV_UNTRUSTED_TARGET = 4, /* the target's name is a guess */
};

/* ptr is NULL for what the list does not have; an empty value is not that. */
struct ntlm_target_info {
    struct span computer, domain;                   /* NetBIOS names */
    struct span dns_computer, dns_domain, dns_tree; /* dns_tree: the forest */
    bool has_flags, has_timestamp;
    uint32_t flags;      /* enum ntlm_av_flag */
    int64_t timestamp;   /* FILETIME */
    struct span single;  /* SingleHost, uninterpreted */
    struct span target;  /* the service's name, "cifs/dc1.example.com" */
    struct span binding; /* 16 bytes: the hash of the channel bindings, zeros for none */
};

/* What follows the end of the list is padding. A pair that comes twice is ERR_MALFORMED: two
 * readers could believe different ones. Unknown pairs are skipped. */
enum err ntlm_target_info_decode(struct span in, struct ntlm_target_info *out);
/* In the order of the numbers, with its end. */
void ntlm_put_target_info(struct builder *b, const struct ntlm_target_info *i);

/* --- the three messages -------------------------------------------------------------------------
 */

struct ntlm_negotiate {
    uint32_t flags;
    struct span domain, workstation; /* OEM */
};
/* Clients of old end the message after the flags. */
enum err ntlm_negotiate_decode(struct span in, struct ntlm_negotiate *out);
void ntlm_put_negotiate(struct builder *b, const struct ntlm_negotiate *m);

struct ntlm_challenge {
    uint32_t flags;
    uint8_t challenge[8];
    struct span target;      /* the domain's or the server's name */
    struct span target_info; /* AV pairs */
};
enum err ntlm_challenge_decode(struct span in, struct ntlm_challenge *out);
void ntlm_put_challenge(struct builder *b, const struct ntlm_challenge *m);

#define NTLM_MIC_AT   72
#define NTLM_MIC_SIZE 16

struct ntlm_authenticate {
    uint32_t flags;
    struct span lm, nt; /* responses */
    struct span domain, user, workstation;
    struct span session_key; /* encrypted */
    struct span mic;         /* its place in the message; ptr NULL where other fields stand there */
};
enum err ntlm_authenticate_decode(struct span in, struct ntlm_authenticate *out);
/* with_mic: leaves room for it, zeros, at NTLM_MIC_AT of the message; m->mic is not read. */
void ntlm_put_authenticate(struct builder *b, const struct ntlm_authenticate *m, bool with_mic);

/* --- the response of version 2, [MS-NLMP] 2.2.2.7 and 2.2.2.8 ------------------------------------
 */

/* The length of the response of version 1: whatever is longer is of version 2. */
#define NTLM_V1_RESPONSE 24

struct ntlm_v2_response {
    const uint8_t *proof;     /* 16 bytes, NTProofStr */
    struct span temp;         /* what it is over, behind the server's challenge */
    int64_t timestamp;        /* FILETIME */
    const uint8_t *challenge; /* 8 bytes, the client's */
    struct ntlm_target_info info;
};
enum err ntlm_v2_response_decode(struct span in, struct ntlm_v2_response *out);
/* The client challenge, called temp where the proof is computed. */
void ntlm_put_client_challenge(struct builder *b, int64_t timestamp, const uint8_t challenge[8],
                               const struct ntlm_target_info *info);

#endif
