#include "control/control_files.h"

#define OPEN_TIMEOUT (15 * UTIME_SECOND)
#define COPY_TIMEOUT UTIME_DAY

static enum err ask(struct control_call *call, uint32_t type, const struct control_copy *copy,
                    utime timeout, struct plat_msg *reply, const char **why_out)
{
    struct control_outcome outcome;
    struct span bytes;
    *why_out = "the process that opens files does not answer";
    if (!call->control->files)
        return ERR_CLOSED;
    TRY(control_copy_encode(copy, call->a, &bytes));
    TRY(plat_channel_call(call->control->files, type, bytes, timeout, call->a, reply));
    TRY(control_outcome_decode(reply->payload, &outcome));
    *why_out = arena_dup_str(call->a, outcome.text);
    return outcome.err;
}

enum err control_file_open(struct control_call *call, const char *path, int *fd_out)
{
    const struct control_copy copy = {.path = span_str(path)};
    struct plat_msg reply = {.fd = -1};
    const char *why;
    enum err e = ask(call, CONTROL_FILE_OPEN, &copy, OPEN_TIMEOUT, &reply, &why);
    int fd = plat_msg_take_fd(&reply);
    if (e == ERR_OK && fd >= 0) {
        *fd_out = fd;
        return ERR_OK;
    }
    return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                          "file: %s cannot be read by the service: %s", path, why);
}

enum err control_file_copy(struct control_call *call, struct span id, const char *folder,
                           const char **why_out)
{
    const struct control_copy copy = {id, span_str(folder)};
    struct plat_msg reply = {.fd = -1};
    return ask(call, CONTROL_FILE_COPY, &copy, COPY_TIMEOUT, &reply, why_out);
}
