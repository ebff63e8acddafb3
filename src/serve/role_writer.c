/*
 * The writer's process: provisions an empty directory, then gathers the intents of one turn of the
 * loop into one batch, commits, and answers.
 */
#include <unistd.h>

#include "base/text.h"
#include "directory/change.h"
#include "directory/intent.h"
#include "directory/provision.h"
#include "directory/restore.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/process.h"
#include "plat/random.h"
#include "serve/serve.h"
#include "serve/serve_sysvol.h"
#include "writer/writer.h"

#define BATCH_FIRST    (64u << 10)
#define BATCH_MEMORY   (64u << 20)
#define READERS_PERIOD (5 * UTIME_SECOND)

/* A batch of more bytes than this is bulk: a piece of an import, a thousand first logons. What bulk
 * leaves goes back to the system (dir_reopen) once it has paused this long: after each piece, the
 * next one would take it all again, page by page. */
#define BULK_BYTES (8u << 10)
#define BULK_PAUSE (UTIME_SECOND / 5)

/* LMDB takes 2 MiB, of which it touches little, for each transaction inside another. */
#define INNER_BLOCK (3 << 20)

struct client {
    struct client *next;
    struct writer_role *role;
    struct plat_channel *channel; /* NULL: gone */
    unsigned allowed_flags;
    unsigned pending; /* intents in the batch that still name it */
};

struct waiting {
    struct client *client;
    uint32_t seq; /* 0: no answer is wanted */
};

struct writer_role {
    struct serve_child *child;
    struct writer *writer;
    struct plat_hook *flush;
    struct plat_timer *after_bulk;
    struct arena memory; /* of the batch; wipes */
    struct writer_message message[WRITER_BATCH_MAX];
    struct waiting waiting[WRITER_BATCH_MAX];
    unsigned count;
};

static void release(struct client *c)
{
    if (!c->channel && c->pending == 0)
        free(c);
}

/* All answers of the batch to one client go out in one piece. */
static void answer(struct writer_role *role, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct plat_channel *ch = role->waiting[i].client->channel;
        if (!ch || !role->waiting[i].seq)
            continue;
        plat_channel_cork(ch);
        (void)plat_channel_reply(ch, role->waiting[i].seq, INTENT_MESSAGE,
                                 role->message[i].reply_out, -1);
    }
    for (unsigned i = 0; i < count; i++) {
        struct client *c = role->waiting[i].client;
        if (c->channel)
            plat_channel_uncork(c->channel);
        c->pending--;
        release(c);
    }
}

static void flush(void *ctx)
{
    struct writer_role *role = ctx;
    unsigned count = role->count;
    if (count == 0)
        return;
    enum err e = writer_handle_messages(role->writer, role->message, count, &role->memory);
    role->count = 0;
    answer(role, count);
    if (role->memory.used_total > BULK_BYTES)
        plat_timer_start(role->after_bulk, BULK_PAUSE, 0);
    arena_reset(&role->memory);
    if (e == ERR_STATE) /* the next process opens the file again */
        ent_fatal("a write to the directory's file failed halfway");
}

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct client *c = ctx;
    struct writer_role *role = c->role;
    (void)ch;
    if (msg->type != INTENT_MESSAGE)
        return;
    struct span bytes = arena_dup_span(&role->memory, msg->payload);
    if (arena_failed(&role->memory))
        return; /* the client's call ends with its timeout */
    c->pending++;
    role->waiting[role->count] = (struct waiting){c, msg->seq};
    role->message[role->count++] =
        (struct writer_message){bytes, msg->deadline, c->allowed_flags, SPAN_NONE};
    if (role->count == WRITER_BATCH_MAX)
        flush(role);
}

static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct client *c = ctx;
    (void)why;
    c->channel = NULL;
    plat_channel_free(ch);
    release(c);
}

void serve_linked_writer(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = spoke, .closed = gone};
    struct client *c = calloc(1, sizeof(*c));
    if (type != SERVE_LINK_CLIENT || payload.len != 1 || payload.ptr[0] >= ROLE__COUNT || !c) {
        close(fd);
        free(c);
        return;
    }
    enum serve_role role = payload.ptr[0];
    c->role = child->state;
    if (role == ROLE_CONTROL || serve_role(role)->system)
        c->allowed_flags = INTENT_SYSTEM | INTENT_PROVED;
    else if (role == ROLE_LDAP)
        c->allowed_flags = INTENT_LOGON;
    if (plat_channel_new(child->loop, fd, &ops, c, &c->channel) != ERR_OK) {
        close(fd);
        free(c);
    }
}

static void give_back(void *ctx)
{
    struct serve_child *child = ctx;
    plat_process_blocks(PLAT_LARGE_BLOCK);
    enum err e = dir_reopen(child->dir);
    plat_process_blocks(INNER_BLOCK);
    if (e != ERR_OK) /* the next process tries again */
        ent_fatal("the directory's file cannot be opened again");
}

/* A process that was killed leaves its reader's slot, which would pin pages of the file. */
static void free_readers(void *ctx)
{
    struct serve_child *child = ctx;
    dir_check_readers(child->dir);
}

static enum err provision(struct serve_child *child, const char **why_out)
{
    const struct control_spec *spec = &child->setup.spec;
    struct provision_dc dcs[CONTROL_DCS_MAX];
    struct span addresses[CONTROL_DCS_MAX][CONTROL_DC_ADDRESSES_MAX];
    struct provision_args args = {.dns_name = spec->dns_name,
                                  .flat_name = spec->flat_name,
                                  .site = spec->site,
                                  .admin_password = spec->admin_password,
                                  .managed = spec->managed,
                                  .dcs = dcs,
                                  .dc_count = spec->dc_count,
                                  .now = plat_now(),
                                  .random = plat_random};
    for (unsigned i = 0; i < spec->dc_count; i++) {
        for (unsigned j = 0; j < spec->dc[i].address_count; j++)
            addresses[i][j] = spec->dc[i].address[j];
        dcs[i] = (struct provision_dc){spec->dc[i].host, addresses[i], spec->dc[i].address_count};
    }
    TRY(provision_check(&args, why_out));
    *why_out = "the forest cannot be provisioned";
    return provision_forest(child->dir, &args);
}

static enum err make_sysvol(struct serve_child *child, const char **why_out)
{
    const struct serve_setup *s = &child->setup;
    const char *sysvol = serve_sysvol_path(s->path, &child->memory);
    *why_out = "the files that SYSVOL begins with cannot be made";
    return sysvol ? serve_sysvol_make(sysvol, s->spec.dns_name, &child->memory) : ERR_NOMEM;
}

static enum err open_or_make(struct serve_child *child, const char **why_out)
{
    const struct serve_setup *s = &child->setup;
    struct dir_open_args args = {.path = arena_dup_str(&child->memory, s->path),
                                 .volatile_path = arena_dup_str(&child->memory, s->volatile_path),
                                 .keyring = s->keyring,
                                 .writable = true};
    struct dir_snap snap;
    struct dir_naming naming;
    enum err e = dir_restore(args.path, plat_now(), plat_random);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        dir_restore_give_up(args.path); /* control looks for it, and tells who asked */
    e = dir_open(&args, &child->dir);
    if (e == ERR_NOT_FOUND) {
        *why_out = "the directory's files cannot be made";
        TRY(dir_create_empty(args.path));
        e = dir_open(&args, &child->dir);
    }
    mem_wipe(&args.keyring, sizeof(args.keyring));
    if (e != ERR_OK)
        *why_out = dir_open_why(args.path, e, &child->memory);
    TRY(e);
    *why_out = "the directory cannot be read";
    TRY(dir_snap_begin(child->dir, &snap));
    e = dir_naming(&snap, &naming);
    dir_snap_end(&snap);
    return e == ERR_NOT_FOUND ? provision(child, why_out) : e;
}

enum err serve_begin_writer(struct serve_child *child, const char **why_out)
{
    struct writer_role *role = calloc(1, sizeof(*role));
    *why_out = "no memory";
    if (!role)
        return ERR_NOMEM;
    child->state = role;
    role->child = child;
    arena_init(&role->memory, BATCH_FIRST, BATCH_MEMORY, ARENA_WIPE);
    TRY(open_or_make(child, why_out));
    TRY(make_sysvol(child, why_out));
    struct writer_args args = {.dir = child->dir, .events = child->events};
    *why_out = "the writer cannot begin";
    TRY(writer_new(&args, &role->writer));
    TRY(serve_renewal_begin(child));
    role->flush = plat_hook_new(child->loop, flush, role);
    role->after_bulk = plat_timer_new(child->loop, give_back, child);
    struct plat_timer *timer = plat_timer_new(child->loop, free_readers, child);
    if (!role->flush || !role->after_bulk || !timer)
        return ERR_NOMEM;
    plat_timer_start(timer, READERS_PERIOD, READERS_PERIOD);
    plat_timer_start(role->after_bulk, BULK_PAUSE, 0); /* provisioning was bulk */
    plat_process_blocks(INNER_BLOCK);
    return ERR_OK;
}
