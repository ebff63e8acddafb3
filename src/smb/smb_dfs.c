/*
 * Referrals to the domain, its controllers, and SYSVOL and NETLOGON on each of them ([MS-DFSC]
 * 3.3.5): a client that goes to \\aws.example.com\sysvol asks these three, in this order.
 */
#include "base/text.h"
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_dfs.h"

#define TTL_DOMAIN 600 /* seconds */
#define TTL_ROOT   900
#define ANSWER_MAX 32768

static struct span utf16(struct arena *a, const char *text)
{
    struct span out = SPAN_NONE;

    if (text)
        (void)text_to_utf16(span_str(text), a, &out);
    return out;
}

/* Where the domain is served. */
struct hosts {
    struct span names[SMB2_DFS_NAMES_MAX];
    unsigned count;
};

/* "\host.domain", and a share behind it if there is one. */
static struct span unc(struct span host, struct span share, struct arena *a)
{
    return utf16(
        a, arena_printf(a, "\\%.*s%s%.*s", SPAN_ARG(host), share.len ? "\\" : "", SPAN_ARG(share)));
}

/* The domain's controllers; with no name asked for, which domain this is. */
static void refer_to_domain(const struct hosts *hosts, struct span domain, bool controllers,
                            struct arena *a, struct smb2_dfs_response *out)
{
    struct smb2_dfs_referral *f = &out->referrals[0];

    *f = (struct smb2_dfs_referral){.version = 3, .flags = SMB2_DFS_NAME_LIST, .ttl = TTL_DOMAIN};
    f->special = utf16(a, arena_printf(a, "\\%.*s", SPAN_ARG(domain)));
    for (unsigned i = 0; controllers && i < hosts->count; i++)
        f->names[f->name_count++] = unc(hosts->names[i], SPAN_LIT(""), a);
    out->count = 1;
}

static void refer_to_share(const struct hosts *hosts, struct span domain, struct span share,
                           struct arena *a, struct smb2_dfs_response *out)
{
    struct span path = utf16(a, arena_printf(a, "\\%.*s\\%.*s", SPAN_ARG(domain), SPAN_ARG(share)));

    for (unsigned i = 0; i < hosts->count; i++)
        out->referrals[out->count++] =
            (struct smb2_dfs_referral){.version = 3,
                                       .server_type = 1,
                                       .ttl = TTL_ROOT,
                                       .path = path,
                                       .alternate = path,
                                       .target = unc(hosts->names[i], share, a)};
    out->path_consumed = (uint16_t)path.len;
    out->flags = SMB2_DFS_REFERRAL_SERVERS | SMB2_DFS_STORAGE_SERVERS;
}

/* "\domain\share\..." in two; a second separator in front is as good as one. */
static void split(struct span path, struct span *domain, struct span *share)
{
    while (path.len && path.ptr[0] == '\\')
        path = span_sub(path, 1, path.len);
    const uint8_t *end = path.len ? memchr(path.ptr, '\\', path.len) : NULL;
    *domain = span_sub(path, 0, end ? (size_t)(end - path.ptr) : path.len);
    *share = end ? span_sub(path, domain->len + 1, path.len) : SPAN_NONE;
    end = share->len ? memchr(share->ptr, '\\', share->len) : NULL;
    if (end)
        *share = span_sub(*share, 0, (size_t)(end - share->ptr));
}

static bool is_domain(const struct smb_server *sv, struct span name)
{
    return ascii_eq_fold(name, sv->env.domain) || ascii_eq_fold(name, sv->flat_name);
}

static uint32_t refer(const struct smb_server *sv, struct span path, struct arena *a,
                      struct smb2_dfs_response *out)
{
    struct span domain, share;
    struct hosts *hosts = arena_new(a, struct hosts);
    enum smb_share found;

    split(path, &domain, &share);
    if (domain.len && !is_domain(sv, domain))
        return NT_NOT_FOUND;
    if (!hosts || sv->env.controllers(sv->env.controllers_ctx, a, hosts->names, SMB2_DFS_NAMES_MAX,
                                      &hosts->count) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    if (!share.len)
        refer_to_domain(hosts, domain.len ? domain : sv->env.domain, domain.len, a, out);
    else if (smb_share_find(sv, share, &found) && found != SMB_IPC)
        refer_to_share(hosts, domain, share, a, out);
    else
        return NT_NOT_FOUND;
    return arena_failed(a) ? NT_INSUFFICIENT_RESOURCES : NT_OK;
}

uint32_t smb_dfs_referrals(struct smb_request *rq, struct span in, size_t max, struct span *out)
{
    struct smb2_dfs_request q;
    struct smb2_dfs_response p = {0};
    struct span path;
    struct builder b;

    if (rq->server->root < 0)
        return NT_FS_DRIVER_REQUIRED;
    if (smb2_dfs_request_decode(in, &q) != ERR_OK ||
        text_from_utf16(q.path, rq->arena, &path) != ERR_OK)
        return NT_INVALID_PARAMETER;
    if (q.max_level < 3)
        return NT_NOT_FOUND;
    p.referrals = arena_new_array(rq->arena, SMB2_DFS_NAMES_MAX, struct smb2_dfs_referral);
    if (!p.referrals)
        return NT_INSUFFICIENT_RESOURCES;
    uint32_t status = refer(rq->server, path, rq->arena, &p);
    if (status != NT_OK)
        return status;
    builder_in(&b, rq->arena, ANSWER_MAX);
    smb2_dfs_response_put(&b, &p);
    if (builder_done(&b, out) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    return out->len > max ? NT_BUFFER_OVERFLOW : NT_OK;
}
