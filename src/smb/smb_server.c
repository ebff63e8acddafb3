/*
 * The server and its connections.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "directory/provision.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2.h"

static enum err begin(struct plat_conn *conn, void *session)
{
    struct smb_conn *c = session;

    c->server = plat_conn_ctx(conn);
    c->conn = conn;
    c->limit = 1;
    c->next_async = 1;
    return ERR_OK;
}

static enum err frame(void *session, struct span head, size_t *len_out)
{
    (void)session;
    return smb2_frame(head, SMB_FRAME_MAX, len_out);
}

static enum err consume(struct plat_conn *conn, void *session, struct span message)
{
    struct smb_conn *c = session;
    (void)conn;

    enum err e = smb_take_frame(c, span_sub(message, SMB2_FRAME_SIZE, message.len));
    smb_sessions_bury(c->server);
    arena_reset(&c->server->arena);
    return e;
}

static void finish(struct plat_conn *conn, void *session, enum reason why)
{
    struct smb_conn *c = session;
    (void)conn, (void)why;

    c->conn = NULL; /* nothing can be sent */
    smb_flush_forget(c);
    while (c->sessions)
        smb_session_end(c->sessions);
    smb_notify_send(c->server);
    smb_sessions_bury(c->server);
    while (c->pending)
        smb_pending_remove(c->pending);
}

static const struct plat_stream_ops ops = {.name = "smb.tcp",
                                           .session_size = sizeof(struct smb_conn),
                                           .begin = begin,
                                           .frame = frame,
                                           .consume = consume,
                                           .finish = finish};

static const struct plat_stream_limits limits = {.max_conns = 4096,
                                                 .max_request = SMB2_FRAME_SIZE + SMB_FRAME_MAX,
                                                 .max_buffered = 256u << 20,
                                                 .output_high = 256u << 10,
                                                 .output_max = 8u << 20,
                                                 .idle = 900 * UTIME_SECOND,
                                                 .request = 60 * UTIME_SECOND,
                                                 .stall = 60 * UTIME_SECOND};

#define NAMES_MAX (1u << 20) /* of what lives as long as the server */

/* Of CN=Policies,CN=System, or of what is in it, as it lies in the map. in: "CN=X," */
static enum err policies_sd(const struct dir_snap *s, const struct dir_naming *naming,
                            const char *in, struct arena *a, struct span *out)
{
    struct span domain, sd;
    struct dir_obj object;

    TRY(dir_dn(s, naming->domain_nc, a, &domain));
    const char *dn = arena_printf(a, "%sCN=Policies,CN=System,%.*s", in, SPAN_ARG(domain));
    if (!dn)
        return ERR_NOMEM;
    TRY(dir_by_dn(s, span_str(dn), &object, NULL));
    TRY(dir_sd(s, object.sd_id, &sd));
    *out = sd;
    return ERR_OK;
}

/* Folders of policies have the permissions of their objects. Whoever makes a policy sees to that;
 * for the two that every domain begins with nobody does. */
static enum err learn_policies(struct smb_server *sv, const struct dir_snap *s,
                               const struct dir_naming *naming)
{
    static const char *const names[] = {PROVISION_POLICY_DOMAIN, PROVISION_POLICY_DC};
    struct smb_defaults *d = &sv->defaults;
    struct span sd;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *in = arena_printf(&sv->names, "CN=%s,", names[i]);
        if (!in)
            return ERR_NOMEM;
        if (policies_sd(s, naming, in, &sv->names, &sd) != ERR_OK)
            continue; /* somebody has removed it */
        d->policy[d->policy_count].name = names[i];
        TRY(smb_sd_of_policy(sd, &sv->names, &d->policy[d->policy_count].sd));
        d->policy_count++;
    }
    return ERR_OK;
}

static enum err learn_domain(struct smb_server *sv)
{
    struct dir_naming naming;
    struct span container;
    struct dir_snap s;

    TRY(dir_snap_begin(sv->env.dir, &s));
    enum err e = dir_naming(&s, &naming);
    if (e == ERR_OK)
        sv->flat_name = arena_dup_span(&sv->names, naming.flat_name);
    if (e == ERR_OK)
        e = policies_sd(&s, &naming, "", &sv->names, &container);
    if (e == ERR_OK)
        e = smb_defaults_make(&naming.domain_sid, container, &sv->names, &sv->defaults);
    if (e == ERR_OK)
        e = learn_policies(sv, &s, &naming);
    dir_snap_end(&s);
    return e;
}

static enum err prepare(struct smb_server *sv)
{
    const struct smb_env *env = &sv->env;
    struct acceptor_env auth = {.dir = env->dir,
                                .dc_name = ascii_upper(&sv->names, span_sub(env->host, 0, 15)),
                                .now = env->now,
                                .random = env->random,
                                .ntlm = env->ntlm};

    env->random(sv->guid, sizeof(sv->guid));
    if (env->sysvol)
        TRY(plat_tree_root(env->sysvol, &sv->root));
    TRY(learn_domain(sv));
    TRY(acceptor_new(&auth, &sv->acceptor));
    return plat_stream_new(env->loop, &ops, &limits, env->events, sv, &sv->tcp);
}

enum err smb_server_new(const struct smb_env *env, struct smb_server **out)
{
    struct smb_server *sv = calloc(1, sizeof(*sv));

    if (!sv)
        return ERR_NOMEM;
    sv->env = *env;
    sv->root = -1;
    /* Session ids are no secret, but they should not name another start's sessions. */
    env->random(&sv->next_session, sizeof(sv->next_session));
    sv->next_session &= UINT64_C(0xffff0000); /* some clients keep 32 bits of them */
    arena_init(&sv->names, 0, NAMES_MAX, 0);
    arena_init(&sv->arena, SMB_ARENA_FIRST, SMB_ARENA_MAX, ARENA_WIPE);
    enum err e = prepare(sv);
    if (e != ERR_OK) {
        smb_server_free(sv);
        return e;
    }
    *out = sv;
    return ERR_OK;
}

void smb_server_free(struct smb_server *sv)
{
    if (sv->tcp)
        plat_stream_free(sv->tcp);
    acceptor_free(sv->acceptor);
    if (sv->root >= 0)
        close(sv->root);
    arena_fini(&sv->names);
    arena_fini(&sv->arena);
    free(sv);
}

enum err smb_server_listen(struct smb_server *sv, int fd)
{
    return plat_stream_listen(sv->tcp, fd);
}
