/*
 * SMB as a client, within a task, for one purpose: one named pipe of a domain controller, over a
 * session of a partner's administrator ([MS-SMB2]). DCE/RPC goes over it as over TCP (peer_rpc.h).
 *
 * Dialects 3.0 and 3.0.2 alone, and every message after the logon is signed by both: an older
 * dialect that somebody on the way chose for us is not accepted. The pre-authentication integrity
 * of 3.1.1 would protect no more than that.
 */
#ifndef PEER_PEER_SMB_H
#define PEER_PEER_SMB_H

#include "crypt/smb_crypto.h"
#include "peer/peer_admin.h"
#include "peer/peer_ntlm.h"
#include "wire/smb2/smb2.h"
#include "wire/smb2/smb2_body.h"

#define PEER_SMB_MESSAGE_MAX (1u << 18)

struct peer_smb {
    struct peer_link link;
    struct arena *a;
    struct smb_keys keys;
    struct smb_sign_key sign;
    bool is_signed;
    uint64_t message_id, session_id;
    uint32_t tree_id;
    uint32_t status; /* NTSTATUS of the last answer */
    struct smb2_file_id pipe;
    struct span unread; /* what the pipe gave */
};

/* Logs on and opens the pipe. ERR_REFUSED with *why_out; it is then closed. */
enum err peer_smb_open(struct peer_smb *c, const struct peer_env *env, const struct peer_dc *dc,
                       const struct peer_admin *who, const char *pipe, utime deadline,
                       struct arena *a, struct peer_failure *why_out);
/* The same with a token that is there. */
struct peer_smb_target {
    struct plat_addr addr;
    const char *host; /* DNS name */
    const char *pipe;
    struct span token;
    const struct krb_key *key; /* what who opens the token has */
};
enum err peer_smb_connect(struct peer_smb *c, struct plat_loop *loop,
                          const struct peer_smb_target *to, utime deadline, struct arena *a,
                          struct peer_failure *why_out);
/* Logs on by NTLM and goes. ERR_OK: the server has decided, *status_out is its NTSTATUS; 0 from
 * nobody who does not know what only our own domain controllers could tell. ERR_REFUSED with
 * *why_out: it could not be asked. */
enum err peer_smb_try_ntlm(struct plat_loop *loop, const struct plat_addr *addr,
                           struct peer_ntlm *who, utime deadline, struct arena *a,
                           uint32_t *status_out, struct peer_failure *why_out);
/* Harmless on zeros. Wipes. */
void peer_smb_close(struct peer_smb *c);
/* ctx is a struct peer_smb. */
extern const struct peer_rpc_transport peer_rpc_over_smb;

#endif
