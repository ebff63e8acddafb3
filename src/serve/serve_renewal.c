/*
 * Certificates of LDAPS while the service runs. The LDAP processes read theirs again when its file
 * is another one: somebody put a newer certificate there, or the writer did, which is the one
 * process that may write in the directory's folder and knows no domain controller that came later,
 * so that it goes by the files: those of the directory's own authority that end soon are made anew
 * with the names that they have. Whatever else ends soon is told once a day, as somebody has to see
 * to it.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypt/tls.h"
#include "crypt/x509.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "serve/serve.h"

#define WATCH_PERIOD   (2 * UTIME_SECOND)
#define LOOK_PERIOD    UTIME_DAY
#define RENEWAL_MEMORY (1u << 20)
#define PREFIX         "ldap-"
#define SUFFIX         ".pem"

static void tell(const struct serve_child *child, const char *event, enum reason reason,
                 const char *file, struct span pem)
{
    struct event ev;
    char until[32] = "";
    utime ends;
    if (x509_expiry(pem, &ends) == ERR_OK)
        utime_to_iso(ends, until);
    event_init(&ev, plat_now(), event, reason);
    event_text(&ev, "file", span_str(file));
    event_text(&ev, "until", span_str(until));
    event_emit(child->events, &ev);
}

/* --- the LDAP process --------------------------------------------------------------------------
 */

struct watch {
    struct serve_child *child;
    void (*use)(void *ctx, struct tls_config *tls);
    void *ctx;
    char prefix[700];
    struct stat used, refused; /* of the certificate's file */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool find(const struct watch *w, struct stat *out)
{
    char path[sizeof(w->prefix) + sizeof(SUFFIX)];
    snprintf(path, sizeof(path), "%s" SUFFIX, w->prefix);
    return stat(path, out) == 0;
}

/* A certificate without its key, which comes a moment later, is looked at again. */
static void on_watch(void *ctx)
{
    struct watch *w = ctx;
    struct stat now;
    struct arena a;
    struct x509_identity id = {0};
    struct tls_config *tls;
    if (!find(w, &now) || same_file(&now, &w->used))
        return;
    arena_init(&a, 0, RENEWAL_MEMORY, ARENA_WIPE);
    enum err e = serve_identity_load(w->prefix, &a, &id);
    if (e == ERR_OK)
        e = tls_config_new(id.cert_pem, id.key_pem, &tls);
    if (e == ERR_OK) {
        w->use(w->ctx, tls);
        w->used = now;
        tell(w->child, "serve.certificate", REASON_NONE, w->prefix, id.cert_pem);
    } else if (!same_file(&now, &w->refused)) {
        w->refused = now;
        tell(w->child, "serve.certificate", REASON_CERTIFICATE_UNUSABLE, w->prefix, id.cert_pem);
    }
    arena_fini(&a);
}

static enum err repeat(struct serve_child *child, void (*fn)(void *ctx), void *ctx, utime period)
{
    struct plat_timer *timer = plat_timer_new(child->loop, fn, ctx);
    if (!timer)
        return ERR_NOMEM;
    plat_timer_background(timer);
    plat_timer_start(timer, period, period);
    return ERR_OK;
}

enum err serve_renewal_watch(struct serve_child *child,
                             void (*use)(void *ctx, struct tls_config *tls), void *ctx)
{
    struct watch *w = arena_new(&child->memory, struct watch);
    if (!w)
        return ERR_NOMEM;
    *w = (struct watch){.child = child, .use = use, .ctx = ctx};
    snprintf(w->prefix, sizeof(w->prefix), "%.*s/" PREFIX "%.*s", SPAN_ARG(child->setup.path),
             SPAN_ARG(serve_child_dc(child)->host));
    (void)find(w, &w->used);
    return repeat(child, on_watch, w, WATCH_PERIOD);
}

/* --- the writer --------------------------------------------------------------------------------
 */

static enum err renew(struct serve_child *child, const char *prefix, struct arena *a)
{
    struct x509_identity ca, old, fresh;
    struct x509_names names;
    utime now = plat_now();
    const char *of_ca = arena_printf(a, "%.*s/" PREFIX "ca", SPAN_ARG(child->setup.path));
    TRY(serve_identity_load(prefix, a, &old));
    if (!serve_identity_ends(&old, now))
        return ERR_OK;
    enum err e = serve_identity_load(of_ca, a, &ca);
    if (e == ERR_OK && strcmp(prefix, of_ca) == 0)
        e = ERR_DENIED; /* clients have to be given another one first */
    if (e == ERR_OK)
        e = x509_leads_to(old.cert_pem, ca.cert_pem);
    if (e == ERR_OK)
        e = x509_names_of(old.cert_pem, a, &names);
    if (e == ERR_OK)
        e = serve_identity_make(&ca, &names, now, a, &fresh);
    if (e == ERR_OK)
        e = serve_identity_store(prefix, &fresh, a);
    tell(child, "serve.certificate_renewed", e == ERR_OK ? REASON_NONE : REASON_CERTIFICATE_ENDS,
         prefix, e == ERR_OK ? fresh.cert_pem : old.cert_pem);
    return e;
}

/* "/FOLDER/ldap-HOST" of an entry "ldap-HOST.pem"; NULL: it is another file. */
static const char *prefix_of(const struct serve_child *child, const char *entry, struct arena *a)
{
    size_t len = strlen(entry), suffix = sizeof(SUFFIX) - 1;
    if (len <= sizeof(PREFIX) - 1 + suffix || strncmp(entry, PREFIX, sizeof(PREFIX) - 1) != 0 ||
        strcmp(entry + len - suffix, SUFFIX) != 0)
        return NULL;
    return arena_printf(a, "%.*s/%.*s", SPAN_ARG(child->setup.path), (int)(len - suffix), entry);
}

static void look_at_all(struct serve_child *child, DIR *folder)
{
    struct dirent *entry;
    struct arena a;
    arena_init(&a, 0, RENEWAL_MEMORY, ARENA_WIPE);
    while ((entry = readdir(folder))) {
        const char *prefix = prefix_of(child, entry->d_name, &a);
        if (prefix)
            (void)renew(child, prefix, &a);
        arena_reset(&a);
    }
    arena_fini(&a);
}

/* A process that begins makes what it needs itself: then it is looked again tomorrow. */
static void on_look(void *ctx)
{
    struct serve_child *child = ctx;
    char path[700];
    struct arena a;
    int fd;
    snprintf(path, sizeof(path), "%.*s", SPAN_ARG(child->setup.path));
    arena_init(&a, 0, 4096, 0);
    enum err e = serve_identity_lock(child->setup.path, &a, &fd);
    arena_fini(&a);
    DIR *folder = e == ERR_OK ? opendir(path) : NULL;
    if (folder) {
        look_at_all(child, folder);
        closedir(folder);
    }
    if (e == ERR_OK)
        close(fd);
}

void serve_told_writer(struct serve_child *child, uint32_t type, struct span payload)
{
    (void)payload;
    if (type == SERVE_RENEW)
        on_look(child);
}

enum err serve_renewal_begin(struct serve_child *child)
{
    return repeat(child, on_look, child, LOOK_PERIOD);
}
