/*
 * Fragments of connection-oriented DCE/RPC, version 5.0 (C706 chapter 12, [MS-RPCE] 2.2.2): the
 * common header, the authentication trailer, and the bodies that carry calls. Both directions, for
 * servers and clients alike; bind and its kin are in rpc_bind.h, joining fragments in
 * rpc_reassembly.h.
 *
 * Reading goes in two steps, because between them the stub may have to be decrypted in place:
 * rpc_pdu_frame says how long a fragment is, rpc_pdu_open cuts it up. What is decoded are views of
 * the fragment. Writing puts a fragment into a builder: rpc_pdu_begin, the body, rpc_pdu_end, which
 * pads, writes the trailer and patches the lengths, and says where the parts lie that a security
 * context signs and seals.
 *
 * What is written is little-endian ([MS-RPCE] 2.2.5 knows no other). Requests, and what goes before
 * them, are read in either order, for C706 lets the sender choose; answers in ours alone.
 */
#ifndef WIRE_RPC_RPC_PDU_H
#define WIRE_RPC_RPC_PDU_H

#include "base/builder.h"
#include "base/reader.h"
#include "wire/ms/guid.h"

#define RPC_HEADER_SIZE  16
#define RPC_TRAILER_SIZE 8    /* before the token */
#define RPC_CALL_HEADER  24   /* of a request without object, and of a response */
#define RPC_FRAGMENT_MIN 1432 /* C706 12.6.3.1: everybody takes fragments of this size */
#define RPC_FRAGMENT_MAX 5840 /* what Windows offers */
#define RPC_PAD_ALIGN    16   /* of the stub of a call that is signed or sealed */

enum rpc_pdu_type {
    RPC_REQUEST = 0,
    RPC_RESPONSE = 2,
    RPC_FAULT = 3,
    RPC_BIND = 11,
    RPC_BIND_ACK = 12,
    RPC_BIND_NAK = 13,
    RPC_ALTER_CONTEXT = 14,
    RPC_ALTER_CONTEXT_RESP = 15,
    RPC_AUTH3 = 16,
    RPC_SHUTDOWN = 17,
    RPC_CO_CANCEL = 18,
    RPC_ORPHANED = 19,
};

enum rpc_pdu_flags {
    RPC_FIRST = 0x01,
    RPC_LAST = 0x02,
    RPC_HEADER_SIGN = 0x04, /* in bind and its kin; in calls it means a pending cancel */
    RPC_CONC_MPX = 0x10,
    RPC_DID_NOT_EXECUTE = 0x20,
    RPC_MAYBE = 0x40,
    RPC_OBJECT_UUID = 0x80,
};

enum rpc_auth_type {
    RPC_AUTH_NONE = 0,
    RPC_AUTH_SPNEGO = 9,
    RPC_AUTH_NTLM = 10,
    RPC_AUTH_KERBEROS = 16,
    RPC_AUTH_NETLOGON = 68,
};

enum rpc_auth_level {
    RPC_LEVEL_NONE = 1,
    RPC_LEVEL_CONNECT = 2,
    RPC_LEVEL_CALL = 3,
    RPC_LEVEL_PKT = 4,
    RPC_LEVEL_INTEGRITY = 5,
    RPC_LEVEL_PRIVACY = 6,
};

enum rpc_fault_status {
    RPC_FAULT_ACCESS_DENIED = 0x00000005,
    RPC_FAULT_CANT_PERFORM = 0x000006d8,
    RPC_FAULT_BAD_STUB = 0x000006f7,
    RPC_FAULT_SEC_PACKAGE = 0x00000721,
    RPC_FAULT_INVALID_TAG = 0x1c000006, /* of a union that goes back */
    RPC_FAULT_CALL_CANCELLED = 0x1c00000d,
    RPC_FAULT_CONTEXT_MISMATCH = 0x1c00001a,
    RPC_FAULT_OPNUM = 0x1c010002,
    RPC_FAULT_UNKNOWN_INTERFACE = 0x1c010003,
    RPC_FAULT_PROTOCOL = 0x1c01000b,
    RPC_FAULT_OUT_ARGS_TOO_BIG = 0x1c010013,
    RPC_FAULT_TOO_BUSY = 0x1c010014,
    RPC_FAULT_UNSUPPORTED_TYPE = 0x1c010017,
    RPC_FAULT_CONTEXT_ID = 0x1c00001c, /* a presentation context that nobody bound */
    RPC_FAULT_AUTH_LEVEL = 0x1c01001d,
};

/* A trailer ([MS-RPCE] 2.2.2.11). level 0: the fragment has none. */
struct rpc_auth {
    uint8_t type;
    uint8_t level;
    uint32_t context_id;
    struct span token;
};

struct rpc_pdu {
    uint8_t type;
    uint8_t minor;
    uint8_t flags;
    bool big; /* numbers are big-endian, those of the stub too */
    uint32_t call_id;
    struct rpc_auth auth;
    uint8_t pad;       /* bytes before the trailer that belong to nobody */
    struct span bytes; /* the whole fragment */
    struct span body;  /* between the common header and the trailer, with the padding */
    size_t trailer_at; /* in bytes; without a trailer, its end */
};

/* The length of the fragment that have begins with. ERR_TRUNCATED: 16 bytes are needed;
 * ERR_UNSUPPORTED: another version or data representation; ERR_MALFORMED: a length that cannot be;
 * ERR_LIMIT: longer than max. *call_id_out is set whenever the header is there. */
enum err rpc_pdu_frame(struct span have, size_t max, size_t *length_out, uint32_t *call_id_out);
/* Exactly one fragment. ERR_MALFORMED; ERR_UNSUPPORTED. */
enum err rpc_pdu_open(struct span bytes, struct rpc_pdu *out);

/* --- calls ----------------------------------------------------------------------------------- */

struct rpc_request {
    uint32_t alloc_hint;
    uint16_t context_id;
    uint16_t opnum;
    bool has_object;
    struct guid object;
    struct span stub; /* without padding, but not decrypted */
    bool big;         /* of the stub, which is never written so */
};
struct rpc_response {
    uint32_t alloc_hint;
    uint16_t context_id;
    uint8_t cancel_count;
    struct span stub;
};
struct rpc_fault {
    uint16_t context_id;
    uint8_t cancel_count;
    uint32_t status;
};

enum err rpc_request_decode(const struct rpc_pdu *pdu, struct rpc_request *out);
enum err rpc_response_decode(const struct rpc_pdu *pdu, struct rpc_response *out);
enum err rpc_fault_decode(const struct rpc_pdu *pdu, struct rpc_fault *out);

/* --- writing --------------------------------------------------------------------------------- */

struct rpc_layout { /* offsets in the builder's bytes, for who signs or seals */
    size_t start, stub, trailer, token, end;
};

/* The common header; returns where the fragment starts. */
size_t rpc_pdu_begin(struct builder *b, enum rpc_pdu_type type, unsigned flags, uint32_t call_id);
/* The trailer when auth is not NULL, and the lengths. A token whose ptr is NULL is left as so many
 * zeros, for who computes it over the fragment. stub is where padding is counted from: for calls
 * the stub (aligned to 16), for others the start (to 4). layout_out may be NULL. */
void rpc_pdu_end(struct builder *b, size_t start, size_t stub, const struct rpc_auth *auth,
                 struct rpc_layout *layout_out);

/* One fragment of a call with the part of the stub that it carries. */
void rpc_request_put(struct builder *b, unsigned flags, uint32_t call_id,
                     const struct rpc_request *r, const struct rpc_auth *auth,
                     struct rpc_layout *layout_out);
void rpc_response_put(struct builder *b, unsigned flags, uint32_t call_id,
                      const struct rpc_response *r, const struct rpc_auth *auth,
                      struct rpc_layout *layout_out);
void rpc_fault_put(struct builder *b, unsigned flags, uint32_t call_id, const struct rpc_fault *f,
                   const struct rpc_auth *auth, struct rpc_layout *layout_out);
/* auth3, shutdown, co_cancel, orphaned: nothing but the headers. */
void rpc_bare_put(struct builder *b, enum rpc_pdu_type type, uint32_t call_id,
                  const struct rpc_auth *auth);

/* How many bytes of stub fit a fragment of at most fragment bytes with a token of token bytes (0:
 * no trailer), so that every fragment but the last is a multiple of the padding. */
size_t rpc_stub_room(size_t fragment, bool has_object, size_t token);

#endif
