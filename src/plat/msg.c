/* The header of a message between processes. */
#include "base/builder.h"
#include "plat/channel.h"

#define MAGIC    0x47534d45u /* "EMSG" */
#define IS_REPLY 0x80000000u
#define HAS_FD   0x40000000u

enum err plat_msg_decode(struct span bytes, struct plat_msg *msg_out, size_t *payload_out,
                         bool *has_fd_out)
{
    struct reader r = reader_of(span_sub(bytes, 0, PLAT_MSG_HEADER));
    uint32_t magic = reader_le32(&r), len = reader_le32(&r), type = reader_le32(&r);
    uint32_t seq = reader_le32(&r);
    utime deadline = (utime)reader_le64(&r);
    TRY(reader_end(&r));
    if (magic != MAGIC || ((type & IS_REPLY) && (seq == 0 || deadline)))
        return ERR_MALFORMED;
    if (len > PLAT_MSG_PAYLOAD_MAX)
        return ERR_LIMIT;
    *msg_out = (struct plat_msg){.type = type & PLAT_MSG_TYPE_MAX,
                                 .seq = seq,
                                 .deadline = deadline,
                                 .fd = -1,
                                 .is_reply = (type & IS_REPLY) != 0};
    *payload_out = len;
    *has_fd_out = (type & HAS_FD) != 0;
    return ERR_OK;
}

void plat_msg_encode(const struct plat_msg *msg, uint8_t header[PLAT_MSG_HEADER])
{
    struct builder b;
    struct span out;
    builder_over(&b, header, PLAT_MSG_HEADER);
    builder_le32(&b, MAGIC);
    builder_le32(&b, (uint32_t)msg->payload.len);
    builder_le32(&b, msg->type | (msg->is_reply ? IS_REPLY : 0) | (msg->fd >= 0 ? HAS_FD : 0));
    builder_le32(&b, msg->seq);
    builder_le64(&b, (uint64_t)msg->deadline);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
}
