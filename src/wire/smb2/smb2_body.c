#include "wire/smb2/smb2_body.h"

#include "wire/smb2/smb2_field.h"

#define T struct smb2_error
static const struct smb2_field error_rows[] = {F_U8(T, context_count), F_ZERO(1),
                                               F_NUM(SMB2_LEN32, T, data)};
#undef T
const struct smb2_shape smb2_error_shape = SHAPE(smb2_error, 9, error_rows);

#define T struct smb2_negotiate_request
static const struct smb2_field negotiate_request_rows[] = {
    F_COUNT16(T, dialects, 2),
    F_U16(T, security_mode),
    F_ZERO(2),
    F_U32(T, capabilities),
    F_BYTES(T, client_guid),
    F_NUM(SMB2_TAIL32, T, contexts),
    F_U16(T, context_count),
    F_ZERO(2),
};
#undef T

#define T struct smb2_negotiate_response
static const struct smb2_field negotiate_response_rows[] = {
    F_U16(T, security_mode),
    F_U16(T, dialect),
    F_U16(T, context_count),
    F_BYTES(T, server_guid),
    F_U32(T, capabilities),
    F_U32(T, max_transact),
    F_U32(T, max_read),
    F_U32(T, max_write),
    F_U64(T, system_time),
    F_U64(T, start_time),
    F_NUM(SMB2_OFF16, T, security),
    F_NUM(SMB2_LEN16, T, security),
    F_NUM(SMB2_TAIL32, T, contexts),
};
#undef T

#define T struct smb2_session_setup_request
static const struct smb2_field session_setup_request_rows[] = {
    F_U8(T, flags),
    F_U8(T, security_mode),
    F_U32(T, capabilities),
    F_U32(T, channel),
    F_NUM(SMB2_OFF16, T, security),
    F_NUM(SMB2_LEN16, T, security),
    F_U64(T, previous_session_id),
};
#undef T

#define T struct smb2_session_setup_response
static const struct smb2_field session_setup_response_rows[] = {
    F_U16(T, flags),
    F_NUM(SMB2_OFF16, T, security),
    F_NUM(SMB2_LEN16, T, security),
};
#undef T

static const struct smb2_field empty_rows[] = {F_ZERO(2)};

#define T struct smb2_tree_connect_request
static const struct smb2_field tree_connect_request_rows[] = {
    F_U16(T, flags),
    F_NUM(SMB2_OFF16, T, path),
    F_NUM(SMB2_LEN16, T, path),
};
#undef T

#define T struct smb2_tree_connect_response
static const struct smb2_field tree_connect_response_rows[] = {
    F_U8(T, share_type),      F_ZERO(1), F_U32(T, share_flags), F_U32(T, capabilities),
    F_U32(T, maximal_access),
};
#undef T

#define T struct smb2_create_request
static const struct smb2_field create_request_rows[] = {
    F_ZERO(1), /* SecurityFlags */
    F_U8(T, oplock),
    F_U32(T, impersonation),
    F_ZERO(16), /* SmbCreateFlags, Reserved */
    F_U32(T, access),
    F_U32(T, attributes),
    F_U32(T, share_access),
    F_U32(T, disposition),
    F_U32(T, options),
    F_NUM(SMB2_OFF16, T, name),
    F_NUM(SMB2_LEN16, T, name),
    F_NUM(SMB2_OFF32, T, contexts),
    F_NUM(SMB2_LEN32, T, contexts),
};
#undef T

#define T struct smb2_create_response
static const struct smb2_field create_response_rows[] = {
    F_U8(T, oplock),
    F_U8(T, flags),
    F_U32(T, action),
    F_TIMES(T, file),
    F_SIZES(T, file),
    F_U32(T, file.attributes),
    F_ZERO(4),
    F_ID(T, id),
    F_NUM(SMB2_OFF32, T, contexts),
    F_NUM(SMB2_LEN32, T, contexts),
};
#undef T

#define T struct smb2_close_request
static const struct smb2_field close_request_rows[] = {F_U16(T, flags), F_ZERO(4), F_ID(T, id)};
#undef T

#define T struct smb2_close_response
static const struct smb2_field close_response_rows[] = {
    F_U16(T, flags), F_ZERO(4), F_TIMES(T, file), F_SIZES(T, file), F_U32(T, file.attributes),
};
#undef T

#define T struct smb2_flush_request
static const struct smb2_field flush_request_rows[] = {F_ZERO(6), F_ID(T, id)};
#undef T

#define T struct smb2_read_request
static const struct smb2_field read_request_rows[] = {
    F_U8(T, padding),
    F_U8(T, flags),
    F_U32(T, length),
    F_U64(T, offset),
    F_ID(T, id),
    F_U32(T, minimum),
    F_U32(T, channel),
    F_U32(T, remaining),
    F_NUM(SMB2_OFF16, T, channel_info),
    F_NUM(SMB2_LEN16, T, channel_info),
};
#undef T

#define T struct smb2_read_response
static const struct smb2_field read_response_rows[] = {
    F_NUM(SMB2_OFF8, T, data), F_ZERO(1), F_NUM(SMB2_LEN32, T, data),
    F_U32(T, remaining),       F_ZERO(4),
};
#undef T

#define T struct smb2_write_request
static const struct smb2_field write_request_rows[] = {
    F_NUM(SMB2_OFF16, T, data),
    F_NUM(SMB2_LEN32, T, data),
    F_U64(T, offset),
    F_ID(T, id),
    F_U32(T, channel),
    F_U32(T, remaining),
    F_NUM(SMB2_OFF16, T, channel_info),
    F_NUM(SMB2_LEN16, T, channel_info),
    F_U32(T, flags),
};
#undef T

#define T struct smb2_write_response
static const struct smb2_field write_response_rows[] = {
    F_ZERO(2), F_U32(T, count), F_U32(T, remaining), F_ZERO(4), /* WriteChannelInfo */
};
#undef T

#define T struct smb2_oplock_break
static const struct smb2_field oplock_break_rows[] = {F_U8(T, level), F_ZERO(5), F_ID(T, id)};
#undef T

#define T struct smb2_lock_request
static const struct smb2_field lock_request_rows[] = {
    F_COUNT16(T, locks, SMB2_LOCK_SIZE),
    F_U32(T, sequence),
    F_ID(T, id),
};
#undef T

#define T struct smb2_lock
static const struct smb2_field lock_rows[] = {F_U64(T, offset), F_U64(T, length), F_U32(T, flags),
                                              F_ZERO(4)};
#undef T
const struct smb2_shape smb2_lock_shape = SHAPE(smb2_lock, 0, lock_rows);

#define T struct smb2_ioctl_request
static const struct smb2_field ioctl_request_rows[] = {
    F_ZERO(2),
    F_U32(T, code),
    F_ID(T, id),
    F_NUM(SMB2_OFF32, T, input),
    F_NUM(SMB2_LEN32, T, input),
    F_U32(T, max_input),
    F_NUM(SMB2_OFF32, T, output),
    F_NUM(SMB2_LEN32, T, output),
    F_U32(T, max_output),
    F_U32(T, flags),
    F_ZERO(4),
};
#undef T

#define T struct smb2_ioctl_response
static const struct smb2_field ioctl_response_rows[] = {
    F_ZERO(2),
    F_U32(T, code),
    F_ID(T, id),
    F_NUM(SMB2_OFF32, T, input),
    F_NUM(SMB2_LEN32, T, input),
    F_NUM(SMB2_OFF32, T, output),
    F_NUM(SMB2_LEN32, T, output),
    F_U32(T, flags),
    F_ZERO(4),
};
#undef T

#define T struct smb2_query_directory_request
static const struct smb2_field query_directory_request_rows[] = {
    F_U8(T, level),
    F_U8(T, flags),
    F_U32(T, index),
    F_ID(T, id),
    F_NUM(SMB2_OFF16, T, name),
    F_NUM(SMB2_LEN16, T, name),
    F_U32(T, max_output),
};
#undef T

#define T struct smb2_change_notify_request
static const struct smb2_field change_notify_request_rows[] = {
    F_U16(T, flags), F_U32(T, max_output), F_ID(T, id), F_U32(T, filter), F_ZERO(4),
};
#undef T

#define T struct smb2_query_info_request
static const struct smb2_field query_info_request_rows[] = {
    F_U8(T, type),
    F_U8(T, level),
    F_U32(T, max_output),
    F_NUM(SMB2_OFF16, T, input),
    F_ZERO(2),
    F_NUM(SMB2_LEN32, T, input),
    F_U32(T, additional),
    F_U32(T, flags),
    F_ID(T, id),
};
#undef T

#define T struct smb2_output
static const struct smb2_field output_rows[] = {F_NUM(SMB2_OFF16, T, data),
                                                F_NUM(SMB2_LEN32, T, data)};
#undef T

#define T struct smb2_set_info_request
static const struct smb2_field set_info_request_rows[] = {
    F_U8(T, type),
    F_U8(T, level),
    F_NUM(SMB2_LEN32, T, data),
    F_NUM(SMB2_OFF16, T, data),
    F_ZERO(2),
    F_U32(T, additional),
    F_ID(T, id),
};
#undef T

#define T struct smb2_validate_request
static const struct smb2_field validate_request_rows[] = {
    F_U32(T, capabilities),
    F_BYTES(T, guid),
    F_U16(T, security_mode),
    F_COUNT16(T, dialects, 2),
};
#undef T
const struct smb2_shape smb2_validate_request_shape =
    SHAPE(smb2_validate_request, 0, validate_request_rows);

#define T struct smb2_validate_response
static const struct smb2_field validate_response_rows[] = {
    F_U32(T, capabilities),
    F_BYTES(T, guid),
    F_U16(T, security_mode),
    F_U16(T, dialect),
};
#undef T
const struct smb2_shape smb2_validate_response_shape =
    SHAPE(smb2_validate_response, 0, validate_response_rows);

static const struct smb2_shape requests[SMB2_COMMANDS] = {
    [SMB2_NEGOTIATE] = SHAPE(smb2_negotiate_request, 36, negotiate_request_rows),
    [SMB2_SESSION_SETUP] = SHAPE(smb2_session_setup_request, 25, session_setup_request_rows),
    [SMB2_LOGOFF] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_TREE_CONNECT] = SHAPE(smb2_tree_connect_request, 9, tree_connect_request_rows),
    [SMB2_TREE_DISCONNECT] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_CREATE] = SHAPE(smb2_create_request, 57, create_request_rows),
    [SMB2_CLOSE] = SHAPE(smb2_close_request, 24, close_request_rows),
    [SMB2_FLUSH] = SHAPE(smb2_flush_request, 24, flush_request_rows),
    [SMB2_READ] = SHAPE(smb2_read_request, 49, read_request_rows),
    [SMB2_WRITE] = SHAPE(smb2_write_request, 49, write_request_rows),
    [SMB2_LOCK] = SHAPE(smb2_lock_request, 48, lock_request_rows),
    [SMB2_IOCTL] = SHAPE(smb2_ioctl_request, 57, ioctl_request_rows),
    [SMB2_CANCEL] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_ECHO] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_QUERY_DIRECTORY] = SHAPE(smb2_query_directory_request, 33, query_directory_request_rows),
    [SMB2_CHANGE_NOTIFY] = SHAPE(smb2_change_notify_request, 32, change_notify_request_rows),
    [SMB2_QUERY_INFO] = SHAPE(smb2_query_info_request, 41, query_info_request_rows),
    [SMB2_SET_INFO] = SHAPE(smb2_set_info_request, 33, set_info_request_rows),
    [SMB2_OPLOCK_BREAK] = SHAPE(smb2_oplock_break, 24, oplock_break_rows),
};

static const struct smb2_shape responses[SMB2_COMMANDS] = {
    [SMB2_NEGOTIATE] = SHAPE(smb2_negotiate_response, 65, negotiate_response_rows),
    [SMB2_SESSION_SETUP] = SHAPE(smb2_session_setup_response, 9, session_setup_response_rows),
    [SMB2_LOGOFF] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_TREE_CONNECT] = SHAPE(smb2_tree_connect_response, 16, tree_connect_response_rows),
    [SMB2_TREE_DISCONNECT] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_CREATE] = SHAPE(smb2_create_response, 89, create_response_rows),
    [SMB2_CLOSE] = SHAPE(smb2_close_response, 60, close_response_rows),
    [SMB2_FLUSH] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_READ] = SHAPE(smb2_read_response, 17, read_response_rows),
    [SMB2_WRITE] = SHAPE(smb2_write_response, 17, write_response_rows),
    [SMB2_LOCK] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_IOCTL] = SHAPE(smb2_ioctl_response, 49, ioctl_response_rows),
    [SMB2_ECHO] = SHAPE(smb2_empty, 4, empty_rows),
    [SMB2_QUERY_DIRECTORY] = SHAPE(smb2_output, 9, output_rows),
    [SMB2_CHANGE_NOTIFY] = SHAPE(smb2_output, 9, output_rows),
    [SMB2_QUERY_INFO] = SHAPE(smb2_output, 9, output_rows),
    /* Nothing but its StructureSize. */
    [SMB2_SET_INFO] = {.name = "smb2_empty",
                       .structure_size = 2,
                       .size = sizeof(struct smb2_empty)},
    [SMB2_OPLOCK_BREAK] = SHAPE(smb2_oplock_break, 24, oplock_break_rows),
};

const struct smb2_shape *smb2_request_shape(unsigned command)
{
    return command < SMB2_COMMANDS ? &requests[command] : NULL;
}

const struct smb2_shape *smb2_response_shape(unsigned command)
{
    return command < SMB2_COMMANDS && responses[command].name ? &responses[command] : NULL;
}
