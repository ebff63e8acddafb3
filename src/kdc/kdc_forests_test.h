/*
 * Forests with their writers, and trusts between them as the real writer makes them.
 */
#ifndef KDC_KDC_FORESTS_TEST_H
#define KDC_KDC_FORESTS_TEST_H

#include "auth/trust_facts.h"
#include "base/test.h"
#include "kdc/kdc_fixture_test.h"
#include "plat/clock.h"
#include "wire/ms/sddl.h"
#include "writer/writer.h"

#define USER_PASSWORD  "Us3r-pa55word"
#define TRUST_PASSWORD "a shared secret of two forests"

static inline struct sid sid_of(const char *text)
{
    struct sid s;
    assert_ok(sid_from_text(span_str(text), &s));
    return s;
}

static inline enum err forests_carry_out(struct realm *r, const struct intent *in, struct arena *a,
                                         struct intent_reply *out)
{
    struct intent carried = *in;
    struct writer_item item = {.intent = &carried};
    if (in->flags & INTENT_SYSTEM) /* as the encoded form says it */
        carried.token = dir_token_system;
    enum err e = writer_handle_batch(r->writer, &item, 1, a);
    *out = item.reply;
    return e;
}

/* The writer reads plat's clock: it stops at the test's time. */
static inline void forests_clock(void)
{
    plat_clock_freeze();
    plat_clock_shift(0);
    plat_clock_shift(test_now - plat_now());
}

static inline void forests_start(struct realm *r, const char *dns, const char *flat,
                                 const char *sid)
{
    struct writer *w;
    r->sid = sid_of(sid);
    fixture_forest(r, dns, flat);
    r->flat = flat;
    forests_clock();
    assert_ok(writer_new(&(struct writer_args){.dir = r->dir}, &w));
    r->writer = w;
    r->carry_out = forests_carry_out;
}

static inline void forests_stop(struct realm *r)
{
    writer_free(r->writer);
    fixture_forest_end(r);
}

/* As the service itself, with every right. A refusal fails the test. */
static inline void forests_write(struct realm *r, struct intent *in)
{
    struct arena a;
    struct intent_reply reply;
    arena_init(&a, 0, 64u << 20, ARENA_WIPE);
    in->flags |= INTENT_SYSTEM | INTENT_PROTECTED;
    assert_ok(forests_carry_out(r, in, &a, &reply));
    if (reply.err != ERR_OK)
        fail_msg("%s: %s: %.*s", err_name(reply.err), reason_row(reply.reason)->code,
                 SPAN_ARG(reply.text));
    arena_fini(&a);
}

/* "DC=cloud,DC=example,DC=com", behind a relative name if one is given. */
static inline struct span forests_dn(const struct realm *r, struct arena *a, const char *rdn)
{
    struct builder b;
    struct span dn;
    builder_in(&b, a, 1024);
    builder_printf(&b, "%s%sDC=", rdn, rdn[0] ? "," : "");
    for (const char *p = r->dns; *p; p++) {
        if (*p == '.')
            builder_printf(&b, ",DC=");
        else
            builder_u8(&b, (uint8_t)*p);
    }
    assert_ok(builder_done(&b, &dn));
    return dn;
}

struct forests_value {
    const char *attr, *value;
};

static inline void forests_change(struct realm *r, enum intent_kind kind, const char *rdn,
                                  const struct forests_value *list, unsigned count)
{
    struct arena a;
    struct intent in = {.kind = kind, .mod_count = count};
    arena_init(&a, 0, 16u << 20, ARENA_WIPE);
    in.target = forests_dn(r, &a, rdn);
    in.mods = arena_new_array(&a, count, struct intent_mod);
    for (unsigned i = 0; i < count; i++) {
        struct span *value = arena_new(&a, struct span);
        *value = span_str(list[i].value);
        if (strcmp(list[i].attr, "unicodePwd") == 0)
            assert_ok(
                text_to_utf16(span_str(arena_printf(&a, "\"%s\"", list[i].value)), &a, value));
        in.mods[i] = (struct intent_mod){kind == INTENT_ADD ? MOD_ADD : MOD_REPLACE,
                                         span_str(list[i].attr), value, 1};
    }
    forests_write(r, &in);
    arena_fini(&a);
}

#define FORESTS_COUNT(list) (sizeof(list) / sizeof((list)[0]))

static inline void forests_user(struct realm *r, const char *name)
{
    char rdn[64];
    const struct forests_value values[] = {{"objectClass", "user"},
                                           {"sAMAccountName", name},
                                           {"userAccountControl", "512"},
                                           {"unicodePwd", USER_PASSWORD}};
    snprintf(rdn, sizeof(rdn), "CN=%s,CN=Users", name);
    forests_change(r, INTENT_ADD, rdn, values, FORESTS_COUNT(values));
}

/* A computer "NAME$" that carries one service. */
static inline void forests_service(struct realm *r, const char *name, const char *spn)
{
    char rdn[64], sam[32];
    const struct forests_value values[] = {{"objectClass", "computer"},
                                           {"sAMAccountName", sam},
                                           {"userAccountControl", "4096"},
                                           {"servicePrincipalName", spn},
                                           {"unicodePwd", USER_PASSWORD}};
    snprintf(rdn, sizeof(rdn), "CN=%s,CN=Computers", name);
    snprintf(sam, sizeof(sam), "%s$", name);
    forests_change(r, INTENT_ADD, rdn, values, FORESTS_COUNT(values));
}

/* Replaces the access list of an object. */
static inline void forests_rights(struct realm *r, const char *rdn, const char *sddl)
{
    struct arena a;
    struct builder b;
    struct span sd;
    struct intent_mod mod = {MOD_REPLACE, SPAN_LIT("nTSecurityDescriptor"), &sd, 1};
    struct intent in = {.kind = INTENT_MODIFY, .mods = &mod, .mod_count = 1};
    const struct sddl_domain domain = {&r->sid, &r->sid};
    arena_init(&a, 0, 16u << 20, ARENA_WIPE);
    builder_in(&b, &a, 65536);
    assert_ok(sddl_parse(span_str(sddl), &domain, &a, &b));
    assert_ok(builder_done(&b, &sd));
    in.target = forests_dn(r, &a, rdn);
    forests_write(r, &in);
    arena_fini(&a);
}

/* --- trusts ------------------------------------------------------------------------------------
 */

struct forests_partner {
    const char *dns, *flat;
    struct sid sid; /* revision 0: not known */
    struct span forest_info;
};

static inline void forests_trust(struct realm *r, const struct forests_partner *p,
                                 uint32_t direction, uint32_t attributes)
{
    struct intent in = {.kind = INTENT_TRUST_PUT};
    in.target = span_str(p->dns);
    in.trust = (struct intent_trust){.dns_name = span_str(p->dns),
                                     .flat_name = span_str(p->flat),
                                     .sid = p->sid,
                                     .direction = direction,
                                     .type = TRUST_UPLEVEL,
                                     .attributes = attributes,
                                     .password = span_str(TRUST_PASSWORD)};
    if (attributes & TRUST_FOREST_TRANSITIVE)
        in.trust.forest_info = p->forest_info;
    forests_write(r, &in);
}

static inline void forests_untrust(struct realm *r, const char *dns)
{
    struct intent in = {.kind = INTENT_TRUST_DELETE, .target = span_str(dns)};
    forests_write(r, &in);
}

/* What the writer's rules would not make: attributes of a trust within the forest. */
static inline void forests_force_attributes(struct realm *r, const char *dns, uint32_t attributes)
{
    struct dir_write w;
    struct arena a;
    struct trust *trusts;
    struct span record, value = span_of(&attributes, sizeof(attributes)); /* little-endian */
    unsigned count;
    uint64_t usn;
    arena_init(&a, 0, 1u << 20, 0);
    assert_ok(dir_write_begin(r->dir, &w));
    assert_ok(auth_trusts(&w.snap, &a, &trusts, &count));
    const struct trust *t = auth_trust_named(trusts, count, span_str(dns));
    assert_non_null(t);
    struct change *c = change_new(&a, test_now);
    change_set(c, t->object, ATTR_trustAttributes, &value, 1);
    assert_ok(change_done(c, &record));
    assert_ok(dir_write_apply(&w, record, &usn));
    assert_ok(dir_write_commit(&w));
    arena_fini(&a);
}

/* The forest trust information of one forest: its name and its root domain. */
static inline struct span forests_info(struct arena *a, const char *dns, const char *flat,
                                       const struct sid *sid)
{
    struct forest_record records[2] = {
        {.type = FOREST_TLN, .name = span_str(dns)},
        {.type = FOREST_DOMAIN, .name = span_str(dns), .flat_name = span_str(flat), .sid = *sid}};
    struct builder b;
    struct span out;
    builder_in(&b, a, 4096);
    forest_info_put(&b, records, 2);
    assert_ok(builder_done(&b, &out));
    return out;
}

/* Both sides of a trust between two of our forests; direction as the first one sees it. */
static inline void forests_relate(struct realm *r, uint32_t direction, uint32_t attributes,
                                  struct realm *other, uint32_t other_attributes)
{
    struct arena a;
    uint32_t other_direction = (direction & 1) << 1 | (direction & 2) >> 1;
    arena_init(&a, 0, 1u << 20, 0);
    struct forests_partner them = {other->dns, other->flat, other->sid,
                                   forests_info(&a, other->dns, other->flat, &other->sid)};
    struct forests_partner us = {r->dns, r->flat, r->sid,
                                 forests_info(&a, r->dns, r->flat, &r->sid)};
    forests_trust(r, &them, direction, attributes);
    forests_trust(other, &us, other_direction, other_attributes);
    arena_fini(&a);
}

static inline void forests_part(struct realm *r, struct realm *other)
{
    forests_untrust(r, other->dns);
    forests_untrust(other, r->dns);
}

#endif
