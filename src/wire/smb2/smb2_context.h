/*
 * Lists of contexts: those of NEGOTIATE in 3.1.1 ([MS-SMB2] 2.2.3.1, 2.2.4.1) and those of CREATE
 * (2.2.13.2, 2.2.14.2).
 */
#ifndef WIRE_SMB2_SMB2_CONTEXT_H
#define WIRE_SMB2_SMB2_CONTEXT_H

#include "wire/smb2/smb2_body.h"

#define SMB2_NEGOTIATE_CONTEXTS_MAX 32
#define SMB2_ALGORITHMS_MAX         16
#define SMB2_HASH_SHA512            0x0001

enum smb2_negotiate_context_type {
    SMB2_PREAUTH_INTEGRITY_CAPABILITIES = 1,
    SMB2_ENCRYPTION_CAPABILITIES = 2,
    SMB2_COMPRESSION_CAPABILITIES = 3,
    SMB2_NETNAME = 5,
    SMB2_TRANSPORT_CAPABILITIES = 6,
    SMB2_RDMA_TRANSFORM_CAPABILITIES = 7,
    SMB2_SIGNING_CAPABILITIES = 8,
};

/* In the order of preference; the answer has one. */
struct smb2_algorithms {
    bool present;
    unsigned count;
    uint16_t ids[SMB2_ALGORITHMS_MAX];
};

struct smb2_negotiate_contexts {
    struct smb2_algorithms hashes;  /* preauthentication integrity */
    struct span salt;               /* of it */
    struct smb2_algorithms ciphers; /* enum smb_cipher */
    struct smb2_algorithms signing; /* enum smb_signing */
    struct span netname;            /* UTF-16LE; the server's name as the client has it */
};

/* bytes: the `contexts` of a message, count its context_count. Contexts of other types are passed
 * over. ERR_MALFORMED also for one of the known types given twice or without an algorithm;
 * ERR_LIMIT. */
enum err smb2_negotiate_contexts_decode(struct span bytes, unsigned count,
                                        struct smb2_negotiate_contexts *out);
/* Returns how many. The builder's start is a multiple of eight of its message. */
unsigned smb2_negotiate_contexts_put(struct builder *b, const struct smb2_negotiate_contexts *c);

#define SMB2_CREATE_CONTEXTS_MAX 32

struct smb2_create_context {
    struct span name; /* four letters, or a GUID */
    struct span data;
};

#define SMB2_CREATE_MAXIMAL_ACCESS "MxAc"
#define SMB2_CREATE_ON_DISK_ID     "QFid"
#define SMB2_CREATE_SECURITY       "SecD" /* a descriptor, as it is */
#define SMB2_CREATE_ATTRIBUTES     "ExtA"
#define SMB2_CREATE_TIMEWARP       "TWrp"

/* out has SMB2_CREATE_CONTEXTS_MAX elements; no bytes: *count_out is 0. */
enum err smb2_create_contexts_decode(struct span bytes,
                                     struct smb2_create_context out[SMB2_CREATE_CONTEXTS_MAX],
                                     unsigned *count_out);
void smb2_create_contexts_put(struct builder *b, const struct smb2_create_context *list,
                              unsigned count);

/* 2.2.14.2.5 and 2.2.14.2.9, as data of a context. */
struct smb2_maximal_access {
    uint32_t status;
    uint32_t access;
};
struct smb2_on_disk_id {
    uint64_t file_id, volume_id;
};
extern const struct smb2_shape smb2_maximal_access_shape;
extern const struct smb2_shape smb2_on_disk_id_shape;

#endif
