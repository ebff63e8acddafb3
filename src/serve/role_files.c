/*
 * Files of administrators: the one process that opens paths which a request names, an LDIF file to
 * be read or the folder of a backup. Control, which reads what the network sends, is kept to the
 * service's own folders instead, and gets an open file or a finished copy from here. This process
 * has no key, hears nobody but control, and is under the service's user like the others.
 */
#include <errno.h>
#include <unistd.h>

#include "directory/restore.h"
#include "plat/files.h"
#include "plat/task.h"
#include "serve/serve.h"

#define PATH_SIZE 4600

struct files {
    struct serve_child *child;
    const char *state;
    struct plat_channel *control; /* NULL: no link */
};

struct wish {
    struct files *files;
    struct plat_channel *from;
    uint32_t type, seq;
    char path[PATH_SIZE];
    char id[CONTROL_ID_MAX + 1]; /* of a copy: the directory; empty: all but directories' data */
    enum err err;
    int error, fd; /* errno */
};

/* The key file and the key of the AWS API's authority are root's: another machine makes an
 * authority of its own. Directories' files are copied as they are at one moment, with a
 * transaction; snapshots stay where they are. */
static bool wanted(const char *name, unsigned depth)
{
    size_t len = strlen(name);
    /* What is being written is not whole; key files (key, key.next, key.new of a crash) are root's.
     */
    if (depth <= 1 && len > 4 && strcmp(name + len - 4, ".new") == 0)
        return false;
    if (depth == 0)
        return strcmp(name, "key") != 0 && strncmp(name, "key.", 4) != 0 &&
               strcmp(name, "lock") != 0 && strncmp(name, "api-ca.", 7) != 0;
    if (depth == 1 && (strcmp(name, "snapshots") == 0 || strncmp(name, "restore", 7) == 0))
        return false;
    return depth > 1 || len < 4 || strcmp(name + len - 4, ".mdb") != 0;
}

static enum err copy_directory(const struct wish *w)
{
    char from[PATH_SIZE], to[PATH_SIZE + CONTROL_ID_MAX + 1];
    struct dir_open_args args = {.path = from};
    struct dir *d;
    snprintf(from, sizeof(from), "%s/%s", w->files->state, w->id);
    snprintf(to, sizeof(to), "%s/%s", w->path, w->id);
    TRY(dir_open(&args, &d));
    enum err e = dir_copy(d, to);
    int saved = errno;
    dir_close(d);
    errno = saved;
    return e;
}

static void perform(void *ctx)
{
    struct wish *w = ctx;
    if (w->type == CONTROL_FILE_OPEN)
        w->err = plat_file_open(w->path, &w->fd);
    else
        w->err = *w->id ? copy_directory(w) : plat_dir_copy(w->files->state, w->path, wanted);
    w->error = errno;
}

static void answer(const struct wish *w)
{
    bool full = w->err == ERR_IO && (w->error == ENOSPC || w->error == EDQUOT);
    struct control_outcome outcome = {
        .err = full ? ERR_LIMIT : w->err,
        .text = span_str(w->err == ERR_IO ? strerror(w->error) : err_name(w->err))};
    struct arena a;
    struct span bytes;
    arena_init(&a, 0, CONTROL_SPEC_MAX, 0);
    if (w->files->control == w->from && control_outcome_encode(&outcome, &a, &bytes) == ERR_OK)
        (void)plat_channel_reply(w->from, w->seq, w->type, bytes, w->fd);
    arena_fini(&a);
}

/* In another thread: a disk, or whoever writes into a pipe, may take as long as it likes. */
static void serve_wish(void *ctx)
{
    struct wish *w = ctx;
    plat_task_away(perform, w);
    answer(w);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

static enum err decode(struct span payload, struct wish *w)
{
    struct control_copy copy;
    TRY(control_copy_decode(payload, &copy));
    if (copy.path.len == 0 || copy.path.len >= PATH_SIZE || copy.path.ptr[0] != '/' ||
        memchr(copy.path.ptr, '\0', copy.path.len) || (copy.id.len && !control_id_ok(copy.id)))
        return ERR_RANGE;
    snprintf(w->path, sizeof(w->path), "%.*s", SPAN_ARG(copy.path));
    snprintf(w->id, sizeof(w->id), "%.*s", SPAN_ARG(copy.id));
    return ERR_OK;
}

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct files *f = ctx;
    struct wish *w = calloc(1, sizeof(*w));
    if (!w)
        return; /* control's call ends with its timeout */
    *w = (struct wish){.files = f, .from = ch, .type = msg->type, .seq = msg->seq, .fd = -1};
    w->err = decode(msg->payload, w);
    bool known = msg->type == CONTROL_FILE_OPEN || msg->type == CONTROL_FILE_COPY;
    if (w->err == ERR_OK && known && plat_task_start(f->child->loop, serve_wish, w) == ERR_OK)
        return;
    w->err = w->err == ERR_OK ? ERR_UNSUPPORTED : w->err;
    answer(w);
    free(w);
}

static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct files *f = ctx;
    (void)why;
    if (f->control == ch)
        f->control = NULL;
    plat_channel_free(ch);
}

void serve_linked_files(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = spoke, .closed = gone};
    struct files *f = child->state;
    (void)payload;
    if (f->control)
        gone(f, f->control, ERR_CLOSED);
    if (type != SERVE_LINK_FILES ||
        plat_channel_new(child->loop, fd, &ops, f, &f->control) != ERR_OK)
        close(fd);
}

enum err serve_begin_files(struct serve_child *child, const char **why_out)
{
    struct files *f = arena_new(&child->memory, struct files);
    *why_out = "no memory";
    const char *state = arena_dup_str(&child->memory, child->setup.state_path);
    if (!f || !state)
        return ERR_NOMEM;
    *f = (struct files){.child = child, .state = state};
    child->state = f;
    return ERR_OK;
}
