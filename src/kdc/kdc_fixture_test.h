/*
 * A forest in a temporary folder with its KDC, and MIT's client library talking to it in this very
 * process: libkrb5 builds and checks every message, no socket is involved, the test owns the clock
 * of the KDC.
 */
#ifndef KDC_KDC_FIXTURE_TEST_H
#define KDC_KDC_FIXTURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <krb5.h>

#include "base/text.h"
#include "directory/change.h"
#include "directory/provision.h"
#include "kdc/kdc.h"

#define ADMIN_PASSWORD "Adm1n-Pa55word-\xc3\xa9"

struct realm {
    char path[64], volatile_path[80];
    const char *dns, *flat;
    struct sid sid; /* of the domain; revision 0: drawn */
    struct dir *dir;
    struct kdc *kdc;
    /* Whoever carries intents out; NULL: they are only noted, and answered with intent_err. */
    enum err (*carry_out)(struct realm *r, const struct intent *in, struct arena *a,
                          struct intent_reply *out);
    void *writer;
    struct event_sink sink;
    struct event last; /* of the last request */
    enum reason first; /* refusal since a test cleared it: libkrb5 tries again in other ways */
    struct intent asked;
    unsigned intents;
    enum err intent_err;
};

extern utime test_now;
extern struct realm *test_realms[4];
extern unsigned test_replies;

static inline utime fixture_now(void)
{
    return test_now;
}

static uint64_t fixture_state = 88172645463325252u;

static inline void fixture_random(void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++) {
        fixture_state ^= fixture_state << 13;
        fixture_state ^= fixture_state >> 7;
        fixture_state ^= fixture_state << 17;
        p[i] = (uint8_t)(fixture_state >> 32);
    }
}

static inline void fixture_event(void *ctx, const struct event *ev)
{
    struct realm *r = ctx;
    r->last = *ev;
    if (r->first == REASON_NONE)
        r->first = ev->reason;
}

static inline enum err fixture_intent(void *ctx, const struct intent *in, struct arena *a,
                                      struct intent_reply *out)
{
    struct realm *r = ctx;
    r->asked = *in;
    r->intents++;
    if (r->carry_out)
        return r->carry_out(r, in, a, out);
    *out = (struct intent_reply){.err = r->intent_err};
    return ERR_OK;
}

static inline void fixture_forest(struct realm *r, const char *dns, const char *flat)
{
    static const uint8_t master[32] = {9, 8, 7};
    struct span address = SPAN_LIT("127.0.0.1");
    struct provision_dc dc = {SPAN_LIT("dc1"), &address, 1};
    struct provision_args args = {.dns_name = span_str(dns),
                                  .flat_name = span_str(flat),
                                  .admin_password = span_str(ADMIN_PASSWORD),
                                  .domain_sid = r->sid,
                                  .dcs = &dc,
                                  .dc_count = 1,
                                  .now = test_now - 30 * UTIME_DAY,
                                  .random = fixture_random};
    struct dir_open_args open = {
        .path = r->path, .volatile_path = r->volatile_path, .writable = true};
    const char *why = "";
    snprintf(r->path, sizeof(r->path), "/tmp/entente-kdc-XXXXXX");
    assert_non_null(mkdtemp(r->path));
    snprintf(r->volatile_path, sizeof(r->volatile_path), "%s/volatile", r->path);
    assert_int_equal(dir_create_empty(r->path), ERR_OK);
    dir_keyring_derive(master, 7, &open.keyring);
    assert_int_equal(dir_open(&open, &r->dir), ERR_OK);
    if (provision_check(&args, &why) != ERR_OK)
        fail_msg("%s", why);
    assert_int_equal(provision_forest(r->dir, &args), ERR_OK);
    r->dns = dns;
    r->sink = (struct event_sink){.write = fixture_event, .ctx = r};
    struct kdc_env env = {.dir = r->dir,
                          .events = &r->sink,
                          .dc_name = SPAN_LIT("DC1"),
                          .now = fixture_now,
                          .random = fixture_random,
                          .intent = fixture_intent,
                          .ctx = r};
    assert_int_equal(kdc_new(&env, &r->kdc), ERR_OK);
}

static inline void fixture_forest_end(struct realm *r)
{
    char file[96];
    static const char *const files[] = {"data.mdb", "lock.mdb", "volatile"};
    kdc_free(r->kdc);
    dir_close(r->dir);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(file, sizeof(file), "%s/%s", r->path, files[i]);
        unlink(file);
    }
    rmdir(r->path);
}

/* libkrb5's messages go straight to the KDC of their realm; over "TCP" when asked. */
static inline krb5_error_code fixture_send(krb5_context context, void *data, const krb5_data *realm,
                                           const krb5_data *message, krb5_data **new_message,
                                           krb5_data **new_reply)
{
    struct arena a;
    struct span reply;
    struct realm *to = NULL;
    (void)data, (void)new_message;
    for (unsigned i = 0; i < 4 && test_realms[i]; i++) {
        if (ascii_eq_fold(span_str(test_realms[i]->dns), span_of(realm->data, realm->length)))
            to = test_realms[i];
    }
    if (!to)
        return KRB5_REALM_UNKNOWN;
    arena_init(&a, KDC_ARENA_FIRST, KDC_ARENA_MAX, ARENA_WIPE);
    kdc_answer(to->kdc, KDC_TCP, span_of(message->data, message->length), &a, &reply);
    test_replies++;
    krb5_data out = {.data = (char *)(uintptr_t)reply.ptr, .length = (unsigned)reply.len};
    krb5_error_code e = reply.len ? krb5_copy_data(context, &out, new_reply) : KRB5_KDC_UNREACH;
    arena_fini(&a);
    return e;
}

static inline krb5_context fixture_client(void)
{
    krb5_context context;
    static char path[] = "/tmp/entente-krb5-XXXXXX";
    int fd = mkstemp(path);
    /* The library looks for an address before it calls the hook, which then never uses it. */
    dprintf(fd, "[libdefaults]\n dns_lookup_kdc = false\n"
                " default_realm = CLOUD.EXAMPLE.COM\n[realms]\n");
    for (unsigned i = 0; i < 4 && test_realms[i]; i++) {
        dprintf(fd, " ");
        for (const char *p = test_realms[i]->dns; *p; p++)
            dprintf(fd, "%c", *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
        dprintf(fd, " = {\n  kdc = 127.0.0.1:1\n  primary_kdc = 127.0.0.1:1\n }\n");
    }
    close(fd);
    setenv("KRB5_CONFIG", path, 1);
    assert_int_equal(krb5_init_context(&context), 0);
    krb5_set_kdc_send_hook(context, fixture_send, NULL);
    krb5_set_real_time(context, (krb5_timestamp)(test_now / UTIME_SECOND), 0);
    return context;
}

static inline krb5_error_code fixture_kinit(krb5_context c, const char *name, int flags,
                                            const char *password, const char *service,
                                            krb5_creds *out)
{
    krb5_principal p;
    krb5_get_init_creds_opt *opt;
    memset(out, 0, sizeof(*out));
    assert_int_equal(krb5_parse_name_flags(c, name, flags, &p), 0);
    assert_int_equal(krb5_get_init_creds_opt_alloc(c, &opt), 0);
    krb5_get_init_creds_opt_set_forwardable(opt, 1);
    krb5_get_init_creds_opt_set_renew_life(opt, 86400);
    krb5_get_init_creds_opt_set_canonicalize(opt, flags != 0);
    krb5_error_code e =
        krb5_get_init_creds_password(c, out, p, password, NULL, NULL, 0, service, opt);
    krb5_get_init_creds_opt_free(c, opt);
    krb5_free_principal(c, p);
    return e;
}

/* The library looks at its configuration again now and then: the file stays until the end. */
static inline void fixture_client_end(krb5_context context)
{
    krb5_free_context(context);
    unlink(getenv("KRB5_CONFIG"));
}

/* A service ticket through a memory cache that holds the TGT. */
static inline krb5_error_code fixture_ticket(krb5_context c, krb5_creds *tgt, const char *service,
                                             krb5_flags options, krb5_creds **out)
{
    krb5_ccache cache;
    krb5_creds in = {.client = tgt->client};
    assert_int_equal(krb5_cc_new_unique(c, "MEMORY", NULL, &cache), 0);
    assert_int_equal(krb5_cc_initialize(c, cache, tgt->client), 0);
    assert_int_equal(krb5_cc_store_cred(c, cache, tgt), 0);
    assert_int_equal(krb5_parse_name(c, service, &in.server), 0);
    krb5_error_code e = krb5_get_credentials(c, options, cache, &in, out);
    krb5_free_principal(c, in.server);
    krb5_cc_destroy(c, cache);
    return e;
}

#endif
