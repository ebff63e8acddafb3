/*
 * The partner's half, with the rights of its administrator.
 */
#include "control/control_trusts.h"

#include "base/text.h"

#define REMOTE_TIMEOUT (TRUST_CALL_TIMEOUT + 5 * UTIME_SECOND)

/* "administrator@CORP.EXAMPLE.COM", "CORP\\administrator" and "administrator" are one; the realm is
 * the partner's in any case. */
static struct span account_of(struct span admin)
{
    const uint8_t *at = memchr(admin.ptr, '@', admin.len);
    const uint8_t *slash = memchr(admin.ptr, '\\', admin.len);
    if (slash)
        return span_sub(admin, (size_t)(slash - admin.ptr) + 1, admin.len);
    return at ? span_sub(admin, 0, (size_t)(at - admin.ptr)) : admin;
}

static enum err wish(struct control_call *call, const struct trust *t, struct trust_remote *out)
{
    *out = (struct trust_remote){.partner = t->dns_name,
                                 .admin = account_of(control_arg(call, "remote_admin")),
                                 .admin_password = control_arg(call, "remote_password"),
                                 .direction = t->direction,
                                 .attributes = t->attributes};
    if (out->admin_password.len)
        return ERR_OK;
    return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                          "remote-password: --remote-admin needs it: --remote-password-file FILE");
}

static enum err failed(struct control_call *call, const struct trust *t,
                       const struct trust_answer *answer)
{
    return control_refuse(call, 502, "PartnerRefused", answer->reason, "%.*s (%.*s): %.*s",
                          SPAN_ARG(t->dns_name), SPAN_ARG(answer->server), SPAN_ARG(answer->stub));
}

static enum err ask(struct control_call *call, const struct trust *t, const struct trust_remote *in,
                    struct trust_identity *out)
{
    struct plat_msg reply;
    struct trust_answer answer;
    struct span bytes;
    TRY(trust_remote_encode(in, call->a, &bytes));
    enum err e = ERR_CLOSED;
    struct plat_channel *peer = control_peer(call->directory, NULL);
    control_read_end(call);
    if (peer)
        e = plat_channel_call(peer, TRUST_MESSAGE_REMOTE, bytes, REMOTE_TIMEOUT, call->a, &reply);
    if (e == ERR_TIMEOUT || e == ERR_CLOSED || (e == ERR_OK && reply.payload.len == 0))
        return control_refuse(call, 503, "PeerUnavailable", REASON_CONTROL_PEER_AWAY,
                              "the process that asks other forests does not answer");
    TRY(e);
    TRY(trust_answer_decode(reply.payload, &answer));
    return answer.status ? failed(call, t, &answer) : trust_identity_decode(answer.stub, out);
}

enum err control_trust_remote_make(struct control_call *call, struct trust *t, struct span password,
                                   enum trust_remote_act *undo_out)
{
    struct trust_remote in;
    struct trust_identity them;
    if (!control_arg(call, "remote_admin").len)
        return ERR_OK;
    TRY(wish(call, t, &in));
    in.password = password;
    enum err e = ask(call, t, &in, &them);
    /* A peer that was asked and fell silent may have made it. */
    if (e == ERR_OK)
        *undo_out = TRUST_REMOTE_DELETE;
    else if (call->reason == REASON_REMOTE_UNCERTAIN ||
             (call->reason == REASON_CONTROL_PEER_AWAY && control_peer(call->directory, NULL)))
        *undo_out = TRUST_REMOTE_UNDO;
    TRY(e);
    t->sid = them.sid;
    return control_trust_put(call, t, SPAN_NONE, true);
}

enum err control_trust_remote_delete(struct control_call *call, const struct trust *t,
                                     enum trust_remote_act how)
{
    struct trust_remote in;
    struct trust_identity them;
    if (!control_arg(call, "remote_admin").len)
        return ERR_OK;
    TRY(wish(call, t, &in));
    in.act = how;
    return ask(call, t, &in, &them);
}
