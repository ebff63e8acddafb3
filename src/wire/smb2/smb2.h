/*
 * SMB 2 and 3 on the wire ([MS-SMB2]): the frame, headers, compounds, and the bodies of every
 * command in both directions, for a server and for a client. Signing and encryption are
 * crypt/smb_crypto.h's; what the bytes mean is nobody's here.
 *
 * A body is a C struct (smb2_body.h) and a table that says how it lies on the wire (smb2_shape.h);
 * smb2_decode and smb2_put take both. Spans in a decoded struct are views of the message. Names are
 * UTF-16LE as they lie there; base/text.h makes text of them.
 *
 * Errors: ERR_MALFORMED for bytes that are not what their format says, ERR_LIMIT for a named
 * maximum, ERR_TRUNCATED only from smb2_frame. Outputs are untouched on failure.
 */
#ifndef WIRE_SMB2_SMB2_H
#define WIRE_SMB2_SMB2_H

#include "base/builder.h"
#include "base/reader.h"

#define SMB2_FRAME_SIZE     4 /* the Direct TCP transport header, [MS-SMB2] 2.1 */
#define SMB2_HEADER_SIZE    64
#define SMB2_TRANSFORM_SIZE 52
#define SMB2_COMPOUND_MAX   64 /* requests in one frame */
#define SMB2_ALIGN          8  /* of the messages of a compound, and of what offsets point to */

enum smb2_dialect {
    SMB2_DIALECT_202 = 0x0202,
    SMB2_DIALECT_210 = 0x0210,
    SMB2_DIALECT_300 = 0x0300,
    SMB2_DIALECT_302 = 0x0302,
    SMB2_DIALECT_311 = 0x0311,
    SMB2_DIALECT_WILDCARD = 0x02ff, /* the answer to an SMB1 negotiation, before a second one */
};

enum smb2_command {
    SMB2_NEGOTIATE,
    SMB2_SESSION_SETUP,
    SMB2_LOGOFF,
    SMB2_TREE_CONNECT,
    SMB2_TREE_DISCONNECT,
    SMB2_CREATE,
    SMB2_CLOSE,
    SMB2_FLUSH,
    SMB2_READ,
    SMB2_WRITE,
    SMB2_LOCK,
    SMB2_IOCTL,
    SMB2_CANCEL,
    SMB2_ECHO,
    SMB2_QUERY_DIRECTORY,
    SMB2_CHANGE_NOTIFY,
    SMB2_QUERY_INFO,
    SMB2_SET_INFO,
    SMB2_OPLOCK_BREAK,
    SMB2_COMMANDS
};

enum smb2_header_flag {
    SMB2_FLAG_RESPONSE = 0x00000001, /* SMB2_FLAGS_SERVER_TO_REDIR */
    SMB2_FLAG_ASYNC = 0x00000002,
    SMB2_FLAG_RELATED = 0x00000004,
    SMB2_FLAG_SIGNED = 0x00000008,
    SMB2_FLAG_DFS = 0x10000000,
    SMB2_FLAG_REPLAY = 0x20000000,
};

/* [MS-SMB2] 2.2.1 */
struct smb2_header {
    uint16_t credit_charge;
    uint32_t status; /* of a request: the channel sequence, in the low 16 bits */
    uint16_t command;
    uint16_t credits; /* asked for, or granted */
    uint32_t flags;
    uint32_t next; /* offset of the next message of the compound; 0: this is the last */
    uint64_t message_id;
    uint32_t process_id; /* of a synchronous message; reserved */
    uint32_t tree_id;    /* of a synchronous message */
    uint64_t async_id;   /* of an asynchronous one (SMB2_FLAG_ASYNC) */
    uint64_t session_id;
    uint8_t signature[16];
};

/* The length of the frame that starts at head, its four bytes included. ERR_TRUNCATED: more bytes
 * are needed; ERR_MALFORMED: not a session message; ERR_LIMIT: longer than max. */
enum err smb2_frame(struct span head, size_t max, size_t *len_out);
/* The four bytes before a message of len bytes (below 2^24). */
void smb2_frame_put(uint8_t out[SMB2_FRAME_SIZE], size_t len);

/* What a frame holds, by its first four bytes. */
enum smb2_kind {
    SMB2_KIND_UNKNOWN,
    SMB2_KIND_SMB1,
    SMB2_KIND_PLAIN,
    SMB2_KIND_TRANSFORM,
    SMB2_KIND_COMPRESSED,
};
enum smb2_kind smb2_kind_of(struct span message);

/* message begins with a header. */
enum err smb2_header_decode(struct span message, struct smb2_header *out);
void smb2_header_put(struct builder *b, const struct smb2_header *h);

/* Takes the first message of a compound from *rest: its header, its bytes (with the padding to the
 * next one, which signatures cover), and what is left of the compound. */
enum err smb2_next(struct span *rest, struct smb2_header *header_out, struct span *message_out);

/* [MS-SMB2] 2.2.41 */
struct smb2_transform {
    uint8_t signature[16];
    uint8_t nonce[16];
    uint32_t original_size;
    uint16_t flags; /* 1: encrypted; in 3.0 the algorithm, AES-128-CCM, which is 1, too */
    uint64_t session_id;
};
#define SMB2_TRANSFORM_ENCRYPTED 0x0001
/* *sealed_out: the bytes behind the header; their number is the original size, or it is malformed.
 */
enum err smb2_transform_decode(struct span message, struct smb2_transform *out,
                               struct span *sealed_out);
void smb2_transform_put(struct builder *b, const struct smb2_transform *t);

/* The one SMB1 message that a server of SMB2 answers: SMB_COM_NEGOTIATE ([MS-SMB2] 3.3.5.3). */
struct smb1_negotiate {
    bool smb2_002; /* the dialect "SMB 2.002" is offered */
    bool smb2_any; /* "SMB 2.???": a second negotiation follows */
};
enum err smb1_negotiate_decode(struct span message, struct smb1_negotiate *out);
void smb1_negotiate_put(struct builder *b, const struct smb1_negotiate *n);

#endif
