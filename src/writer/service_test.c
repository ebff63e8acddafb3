#include "directory/settings.h"
#include "plat/clock.h"
#include "trust/trust_attributes.h"
#include "trust/trust_keys.h"
#include "wire/ms/dnsp.h"
#include "writer/fixture_test.h"

#include <time.h>

/* Trusts, forwarders, settings, import: what the service itself asks for. */

static struct intent corp(void)
{
    return (struct intent){.kind = INTENT_TRUST_PUT,
                           .target = SPAN_LIT("corp.example.com"),
                           .trust = {.dns_name = SPAN_LIT("corp.example.com"),
                                     .flat_name = SPAN_LIT("CORP"),
                                     .sid = SID_NT(21, 9, 8, 7),
                                     .direction = TRUST_BOTH,
                                     .type = TRUST_UPLEVEL,
                                     .attributes = TRUST_FOREST_TRANSITIVE,
                                     .enctypes = 24,
                                     .password = SPAN_LIT("Shared-secret-1")}};
}

#define TDO "CN=corp.example.com,CN=System"

static void secrets_of(dir_id tdo, struct trust_auth *in, struct trust_auth *out)
{
    struct span incoming, outgoing;
    assert_ok(dir_trust_secrets(fixture_snap(&f), tdo, &f.arena, &incoming, &outgoing));
    assert_ok(trust_auth_decode(incoming, in));
    assert_ok(trust_auth_decode(outgoing, out));
}

/* After a reset the new key alone encrypts and is accepted, without any hour of grace. */
static void former_is_gone(const struct trust_auth *auth, uint32_t direction)
{
    struct trust_keys keys;
    assert_ok(trust_derive_keys(auth, direction, SPAN_LIT("AWS.EXAMPLE.COM"),
                                SPAN_LIT("CORP.EXAMPLE.COM"), TRUST_ENC_AES, &f.arena, &keys));
    assert_int_equal(keys.current.kvno, 2);
    assert_int_equal(keys.previous.count, 0);
    assert_ptr_equal(trust_encryption_keys(&keys, keys.current.changed + UTIME_MINUTE),
                     &keys.current);
}

static void a_trust_is_an_object_two_secrets_and_an_account(void **state)
{
    (void)state;
    struct intent in = corp();
    struct dir_obj tdo;
    struct dir_account acc;
    struct dir_account_keys keys;
    struct trust_auth incoming, outgoing;
    struct span utf16;
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, TDO, &tdo));
    assert_true(fixture_has(&f, TDO, ATTR_trustPartner, "corp.example.com"));
    assert_true(fixture_has(&f, TDO, ATTR_flatName, "CORP"));
    assert_true(fixture_has(&f, TDO, ATTR_trustDirection, "3"));
    assert_true(fixture_has(&f, TDO, ATTR_isCriticalSystemObject, "TRUE"));
    secrets_of(tdo.id, &incoming, &outgoing);
    assert_ok(text_to_utf16(SPAN_LIT("Shared-secret-1"), &f.arena, &utf16));
    assert_span_equal(trust_auth_find(incoming.current, incoming.count, TRUST_AUTH_CLEAR)->data,
                      utf16);
    assert_span_equal(trust_auth_find(outgoing.current, outgoing.count, TRUST_AUTH_CLEAR)->data,
                      utf16);
    assert_int_equal(trust_auth_version(outgoing.current, outgoing.count), 1);
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("CORP$"), &acc));
    assert_true(acc.uac & UAC_INTERDOMAIN_TRUST_ACCOUNT);
    assert_ok(dir_account_keys(fixture_snap(&f), DIR_SECRET_ACCOUNT, acc.id, &f.arena, &keys));
    assert_span(keys.version[0].salt, "AWS.EXAMPLE.COMkrbtgtCORP");
    assert_true(dir_keys_match(&keys, SPAN_LIT("Shared-secret-1")));
    assert_true(fixture_has(&f, "CN=CORP$,CN=Users", ATTR_sAMAccountType, "805306370"));

    in = corp();
    in.trust = (struct intent_trust){.password = SPAN_LIT("Shared-secret-2")};
    done(fixture_do(&f, &in));
    secrets_of(tdo.id, &incoming, &outgoing);
    assert_int_equal(trust_auth_version(incoming.current, incoming.count), 2);
    assert_int_equal(trust_auth_version(outgoing.current, outgoing.count), 2);
    assert_ok(text_to_utf16(SPAN_LIT("Shared-secret-2"), &f.arena, &utf16));
    assert_span_equal(trust_auth_find(incoming.current, incoming.count, TRUST_AUTH_CLEAR)->data,
                      utf16);
    former_is_gone(&incoming, TRUST_INBOUND);
    former_is_gone(&outgoing, TRUST_OUTBOUND);
    assert_true(fixture_has(&f, TDO, ATTR_trustDirection, "3"));
}

static void trusts_are_unique_and_coherent(void **state)
{
    (void)state;
    struct intent in = corp();
    in.target = in.trust.dns_name = SPAN_LIT("other.example.com");
    assert_true(fixture_do(&f, &in) != ERR_OK); /* CORP and its SID are taken */
    in.trust.flat_name = SPAN_LIT("OTHER");
    assert_true(fixture_do(&f, &in) != ERR_OK);
    in.trust.sid = SID_NT(21, 11, 22, 33); /* our own */
    assert_true(fixture_do(&f, &in) != ERR_OK);
    in.trust.sid = SID_NT(21, 5, 5, 5);
    in.trust.password = SPAN_NONE;
    refused(fixture_do(&f, &in), DIR_TRUST_NO_SECRET);
    in.trust.password = SPAN_LIT("x");
    in.trust.attributes = TRUST_FOREST_TRANSITIVE | TRUST_WITHIN_FOREST;
    assert_true(fixture_do(&f, &in) != ERR_OK);
    struct dir_obj o;
    assert_false(fixture_find(&f, "CN=other.example.com,CN=System", &o));
    assert_false(fixture_find(&f, "CN=OTHER$,CN=Users", &o));
}

/* The partner claims a name of ours beside its own: it is kept, marked, and goes when the trust is
 * no longer one between forests. */
static void claims_are_marked_and_erased(void **state)
{
    (void)state;
    struct intent in = corp();
    struct builder b;
    struct dir_obj tdo;
    struct span info;
    struct forest_record *records, give[] = {
                                       {.type = FOREST_TLN, .name = SPAN_LIT("corp.example.com")},
                                       {.type = FOREST_TLN, .name = SPAN_LIT("aws.example.com")},
                                       {.type = FOREST_DOMAIN,
                                        .name = SPAN_LIT("corp.example.com"),
                                        .flat_name = SPAN_LIT("CORP"),
                                        .sid = SID_NT(21, 9, 8, 7)},
                                   };
    unsigned count;
    builder_in(&b, &f.arena, 65536);
    forest_info_put(&b, give, 3);
    assert_ok(builder_done(&b, &in.trust.forest_info));
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, TDO, &tdo));
    assert_true(dir_attr_first(&tdo, ATTR_msDS_TrustForestTrustInfo, &info));
    assert_ok(forest_info_decode(info, &f.arena, &records, &count));
    assert_int_equal(count, 3);
    assert_int_equal(records[0].flags & FOREST_TLN_CONFLICT, 0);
    assert_int_equal(records[1].flags & FOREST_TLN_CONFLICT, FOREST_TLN_CONFLICT);
    in.trust.forest_info = SPAN_LIT("nonsense");
    refused(fixture_do(&f, &in), DIR_TRUST_INVALID);
    in.trust.forest_info = SPAN_NONE;
    in.trust.attributes = TRUST_QUARANTINED;
    done(fixture_do(&f, &in));
    assert_false(fixture_has(&f, TDO, ATTR_msDS_TrustForestTrustInfo, NULL));
    in.trust.attributes = TRUST_FOREST_TRANSITIVE;
    done(fixture_do(&f, &in));
}

/* Who merges says what the trust was like; what somebody else put meanwhile is not overwritten. */
static void what_was_merged_is_not_put_over_news(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = SPAN_LIT("corp.example.com")};
    struct forest_record give[] = {{.type = FOREST_TLN, .name = SPAN_LIT("corp.example.com")}};
    struct builder b;
    struct dir_obj tdo;
    fixture_as_system(&f);
    assert_true(fixture_find(&f, TDO, &tdo));
    in.trust.usn = dir_obj_usn(&tdo);
    for (unsigned i = 0; i < 2; i++) {
        give[0].time = i + 1;
        builder_in(&b, &f.arena, 65536);
        forest_info_put(&b, give, 1);
        assert_ok(builder_done(&b, &in.trust.forest_info));
        if (i == 0)
            done(fixture_do(&f, &in));
        else
            refused(fixture_do(&f, &in), DIR_TRUST_STALE);
    }
    in.target = SPAN_LIT("gone.example.com");
    refused(fixture_do(&f, &in), DIR_TRUST_STALE);
}

static void nobody_touches_trusts_over_ldap(void **state)
{
    (void)state;
    fixture_as(&f, "Administrator");
    refused(fixture_modify(&f, TDO, "=trustDirection: 1"), DIR_SYSTEM_CLASS);
    refused(fixture_modify(&f, TDO, "=trustAuthIncoming: x"), DIR_SYSTEM_CLASS);
    refused(fixture_modify(&f, "CN=CORP$,CN=Users", "=unicodePwd: Taken-over-1"),
            DIR_PASSWORD_CANNOT_CHANGE);
    refused(fixture_modify(&f, "CN=CORP$,CN=Users", "=userAccountControl: 512"),
            DIR_ACCOUNT_CONTROL);
    refused(fixture_rename(&f, TDO, "CN=x", NULL), DIR_PROTECTED);
    struct intent in = corp();
    refused(fixture_do(&f, &in), DIR_ACCESS);
    fixture_as_system(&f);
    refused(fixture_modify(&f, "CN=Users", "=trustAuthIncoming: x"), DIR_ATTRIBUTE_CLASS);
}

static void one_way_has_one_secret(void **state)
{
    (void)state;
    struct intent in = corp();
    struct dir_obj tdo, o;
    struct trust_auth incoming, outgoing;
    in.trust.direction = TRUST_OUTBOUND;
    in.trust.password = SPAN_NONE;
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, TDO, &tdo));
    secrets_of(tdo.id, &incoming, &outgoing);
    assert_int_equal(incoming.count, 0);
    assert_int_equal(outgoing.count, 2);
    assert_false(fixture_find(&f, "CN=CORP$,CN=Users", &o));
    in = corp();
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, "CN=CORP$,CN=Users", &o));
    in = (struct intent){.kind = INTENT_TRUST_DELETE, .target = SPAN_LIT("CORP")};
    done(fixture_do(&f, &in));
    assert_false(fixture_find(&f, TDO, &tdo));
    assert_false(fixture_find(&f, "CN=CORP$,CN=Users", &o));
    refused(fixture_do(&f, &in), DIR_NO_OBJECT);
}

static void forwarders(void **state)
{
    (void)state;
    struct span servers[] = {SPAN_LIT("10.99.1.10"), SPAN_LIT("fd00::1")};
    struct intent in = {.kind = INTENT_FORWARDER_PUT,
                        .target = SPAN_LIT("Corp.Example.com."),
                        .servers = servers,
                        .server_count = 2};
    const char *zone = "DC=corp.example.com,CN=MicrosoftDNS,DC=DomainDnsZones";
    struct dir_obj o;
    struct dir_values v;
    struct span one;
    struct dnsp_property p;
    struct dnsp_address list[DNSP_MASTERS_MAX];
    unsigned count = 0, type = 0;
    done(fixture_do(&f, &in));
    assert_true(fixture_find(&f, zone, &o));
    assert_true(dir_attr(&o, ATTR_dNSProperty, &v));
    while (dir_values_next(&v, &one)) {
        assert_ok(dnsp_property_decode(one, &p));
        if (p.id == DNSP_PROPERTY_ZONE_TYPE)
            type = p.data.ptr[0];
        if (p.id == DNSP_PROPERTY_MASTERS)
            assert_ok(dnsp_masters_decode(&p, list, &count));
    }
    assert_int_equal(type, DNSP_ZONE_FORWARDER);
    assert_int_equal(count, 2);
    assert_memory_equal(list[0].bytes, "\x0a\x63\1\x0a", 4);
    in.server_count = 1;
    done(fixture_do(&f, &in));
    servers[0] = SPAN_LIT("ten.99.1.1");
    refused(fixture_do(&f, &in), DIR_FORWARDER_INVALID);
    in.target = SPAN_LIT("sub.aws.example.com");
    refused(fixture_do(&f, &in), DIR_FORWARDER_LOCAL);
    in.target = SPAN_LIT("a..b");
    refused(fixture_do(&f, &in), DIR_FORWARDER_INVALID);
    in = (struct intent){.kind = INTENT_FORWARDER_DELETE, .target = SPAN_LIT("corp.example.com")};
    done(fixture_do(&f, &in));
    refused(fixture_do(&f, &in), DIR_NO_OBJECT);
    in.target = SPAN_LIT("1.0.127.in-addr.arpa");
    refused(fixture_do(&f, &in), DIR_FORWARDER_LOCAL);
}

static void settings(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_SETTINGS};
    struct dir_settings s;
    fixture_mods(
        &f, "=allow-rc4: 1\n=forwarder: 9.9.9.9\n=forwarder: fd00::53\n=network: 10.0.0.0/8", &in);
    done(fixture_do(&f, &in));
    assert_ok(dir_settings(fixture_snap(&f), &s));
    assert_true(s.allow_rc4);
    assert_int_equal(s.forwarder_count, 2);
    assert_string_equal(s.forwarder[1], "fd00::53");
    in = (struct intent){.kind = INTENT_SETTINGS};
    fixture_mods(&f, "=forwarder", &in);
    done(fixture_do(&f, &in));
    assert_ok(dir_settings(fixture_snap(&f), &s));
    assert_int_equal(s.forwarder_count, 0);
    assert_true(s.allow_rc4);
    static const char *const wrong[] = {"=no-such: 1", "=allow-rc4: yes", "=forwarder: here",
                                        "=network: 10.0.0.0/33", "allow-rc4: 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        in = (struct intent){.kind = INTENT_SETTINGS};
        fixture_mods(&f, wrong[i], &in);
        refused(fixture_do(&f, &in), DIR_SETTING);
    }
}

static uint32_t le32_of(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void import_is_tolerant_and_precise(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_IMPORT, .first_line = 101};
    in.ldif = SPAN_LIT("version: 1\n"
                       "# people\n"
                       "dn: OU=Imported," DOMAIN "\n"
                       "objectClass: organizationalUnit\n"
                       "\n"
                       "dn: CN=i1,OU=Imported," DOMAIN "\r\n"
                       "changetype: add\r\n"
                       "objectClass: user\r\n"
                       "sAMAccountName: i1\r\n"
                       "description: a long line that\r\n"
                       "  is folded\r\n"
                       "otherMobile: 1\r\n"
                       "userAccountControl: 512\r\n"
                       "otherMobile: 2\r\n"
                       "displayName:: w4lwb25pbmU=\r\n"
                       "userPassword: Imported-1234\r\n"
                       "\r\n"
                       "dn: CN=bad,OU=Imported," DOMAIN "\n"
                       "objectClass: user\n"
                       "sAMAccountName: bad/name\n"
                       "\n"
                       "no colon here\n"
                       "\n"
                       "dn: CN=i2,OU=Imported," DOMAIN "\n"
                       "objectClass: user\n"
                       "sAMAccountName: i2\n"
                       "userAccountControl: 512\n"
                       "entente-key: 3 18 "
                       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
                       "entente-key: 3 17 000102030405060708090a0b0c0d0e0f\n"
                       "entente-salt: OLD.REALMi2\n"
                       "entente-nt-hash: 000102030405060708090a0b0c0d0e0f\n");
    struct dir_account acc;
    struct dir_account_keys k;
    done(fixture_do(&f, &in));
    assert_int_equal(le32_of(f.reply.data.ptr), 3);
    assert_int_equal(le32_of(f.reply.data.ptr + 4), 2);
    assert_int_equal(f.reply.reason, REASON_DIR_IMPORT_RECORD);
    const char *text = arena_dup_str(&f.arena, f.reply.text);
    assert_non_null(strstr(text, "line 118: sAMAccountName \"bad/name\""));
    assert_non_null(strstr(text, "line 122: "));
    assert_true(
        fixture_has(&f, "CN=i1,OU=Imported", ATTR_description, "a long line that is folded"));
    assert_true(fixture_has(&f, "CN=i1,OU=Imported", ATTR_otherMobile, "2"));
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("i1"), &acc));
    assert_ok(dir_bind_verify(fixture_snap(&f), acc.id, SPAN_LIT("Imported-1234")));
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("i2"), &acc));
    assert_ok(dir_account_keys(fixture_snap(&f), DIR_SECRET_ACCOUNT, acc.id, &f.arena, &k));
    assert_int_equal(k.version[0].kvno, 3);
    assert_int_equal(k.version[0].count, 2);
    assert_span(k.version[0].salt, "OLD.REALMi2");
    assert_true(k.have_nt);
    fixture_as(&f, "Administrator");
    in.flags = 0;
    refused(fixture_do(&f, &in), DIR_ACCESS);
}

static bool is_member(const char *group, const char *member)
{
    struct dir_obj g;
    struct dir_account m;
    struct span dn = span_str(arena_printf(&f.arena, "CN=%s," DOMAIN, group));
    assert_ok(dir_by_dn(fixture_snap(&f), dn, &g, NULL));
    assert_ok(dir_account_by_sam(fixture_snap(&f), span_str(member), &m));
    return dir_link_exists(fixture_snap(&f), ATTR_member, g.id, m.id);
}

/* memberOf names groups of the directory and of the file itself, before the account. */
static void import_puts_accounts_into_groups(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_IMPORT};
    in.ldif =
        SPAN_LIT("dn: CN=crew,CN=Users," DOMAIN "\nobjectClass: group\nsAMAccountName: crew\n\n"
                 "dn: CN=g1,CN=Users," DOMAIN "\nobjectClass: user\nsAMAccountName: g1\n"
                 "memberOf: CN=crew,CN=Users," DOMAIN "\n"
                 "memberOf: cn=Administrators,cn=Builtin," DOMAIN "\n\n"
                 "dn: CN=g2,CN=Users," DOMAIN "\nobjectClass: user\nsAMAccountName: g2\n"
                 "memberOf: CN=Domain Users,CN=Users," DOMAIN "\n\n"
                 "dn: CN=g3,CN=Users," DOMAIN "\nobjectClass: user\nsAMAccountName: g3\n"
                 "memberOf: CN=g1,CN=Users," DOMAIN "\n\n"
                 "dn: CN=inner,CN=Users," DOMAIN "\nobjectClass: group\nsAMAccountName: inner\n"
                 "memberOf: CN=crew,CN=Users," DOMAIN "\n\n"
                 "dn: CN=g4,CN=Users," DOMAIN "\nobjectClass: user\nsAMAccountName: g4\n"
                 "memberOf: CN=none,CN=Users," DOMAIN "\n\n"
                 "dn: CN=g5,CN=Users," DOMAIN "\nobjectClass: user\nsAMAccountName: g5\n"
                 "memberOf: CN=crew,CN=Users," DOMAIN "\n");
    uint64_t before = dir_snap_usn(fixture_snap(&f));
    done(fixture_do(&f, &in));
    assert_int_equal(dir_snap_usn(fixture_snap(&f)), before + 1);
    assert_int_equal(le32_of(f.reply.data.ptr), 3);
    assert_int_equal(le32_of(f.reply.data.ptr + 4), 4);
    const char *text = arena_dup_str(&f.arena, f.reply.text);
    assert_non_null(strstr(text, "line 11: memberOf: CN=Domain Users"));
    assert_non_null(strstr(text, "line 16: memberOf: CN=g1,"));
    assert_non_null(strstr(text, "line 21: memberOf is for accounts"));
    assert_non_null(strstr(text, "line 26: there is no object CN=none"));
    assert_true(is_member("crew,CN=Users", "g1") && is_member("crew,CN=Users", "g5"));
    assert_true(is_member("Administrators,CN=Builtin", "g1"));
    assert_false(is_member("Administrators,CN=Builtin", "g5"));
}

/* Names that the file folds have no place in the piece: those of all records come to lie at the
 * same one, and must not be taken for each other. */
static void import_tells_folded_names_apart(void **state)
{
    const unsigned groups = 1500;
    struct intent in = {.kind = INTENT_IMPORT};
    struct builder b;
    (void)state;
    builder_in(&b, &f.arena, INTENT_SIZE_MAX);
    for (unsigned i = 0; i < groups; i++)
        builder_printf(&b,
                       "dn: CN=fold%04u,CN=Users," DOMAIN
                       "\nobjectClass: group\nsAMAccountName: fold%04u\n\n",
                       i, i);
    for (unsigned i = 0; i < groups; i++)
        builder_printf(&b,
                       "dn: CN=in%04u,CN=Users," DOMAIN
                       "\nobjectClass: user\nsAMAccountName: in%04u\n"
                       "memberOf: CN=fold%04u,CN=Us\n ers," DOMAIN "\n\n",
                       i, i, i);
    assert_ok(builder_done(&b, &in.ldif));
    done(fixture_do(&f, &in));
    assert_int_equal(le32_of(f.reply.data.ptr), 2 * groups);
    for (unsigned i = 0; i < groups; i++) {
        const char *group = arena_printf(&f.arena, "fold%04u,CN=Users", i);
        assert_true(is_member(group, arena_printf(&f.arena, "in%04u", i)));
    }
}

static void ten_thousand_users_take_seconds(void **state)
{
    (void)state;
    struct intent in = {.kind = INTENT_IMPORT};
    struct builder b;
    struct timespec t0, t1;
    const unsigned users = 10000;
    builder_in(&b, &f.arena, INTENT_SIZE_MAX);
    for (unsigned i = 0; i < users; i++)
        builder_printf(&b,
                       "dn: CN=User %u,CN=Users," DOMAIN
                       "\nobjectClass: user\nsAMAccountName: user%u\n"
                       "userPrincipalName: user%u@aws.example.com\nuserAccountControl: 512\n"
                       "givenName: User\nsn: %u\nentente-key: 1 18 "
                       "%056x%08x\nentente-nt-hash: %032x\n\n",
                       i, i, i, i, 1, i, i);
    assert_ok(builder_done(&b, &in.ldif));
    clock_gettime(CLOCK_MONOTONIC, &t0);
    done(fixture_do(&f, &in));
    clock_gettime(CLOCK_MONOTONIC, &t1);
    print_message("%u users in %.2f s\n", users,
                  (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
    assert_int_equal(le32_of(f.reply.data.ptr), users);
}

static void nothing_is_done_too_late(void **state)
{
    (void)state;
    const struct intent_mod mod = {.op = MOD_REPLACE,
                                   .attr = SPAN_LIT("description"),
                                   .values = (struct span[]){SPAN_LIT("late")},
                                   .count = 1};
    struct intent in = {.kind = INTENT_MODIFY,
                        .flags = f.flags,
                        .token = f.token,
                        .target = SPAN_LIT("CN=Users," DOMAIN),
                        .mods = (struct intent_mod *)&mod,
                        .mod_count = 1};
    struct writer_message m[2] = {{.allowed_flags = INTENT_SYSTEM},
                                  {.allowed_flags = INTENT_SYSTEM}};
    struct intent_reply replies[2];
    fixture_close(&f);
    for (unsigned i = 0; i < 2; i++)
        assert_ok(intent_encode(&in, &f.arena, &m[i].bytes));
    m[0].deadline = plat_mono();
    m[1].deadline = plat_mono() + UTIME_HOUR;
    assert_ok(writer_handle_messages(f.w, m, 1, &f.arena));
    assert_ok(intent_reply_decode(m[0].reply_out, &f.arena, &replies[0]));
    assert_int_equal(replies[0].reason, REASON_WRITER_TOO_LATE);
    assert_false(fixture_has(&f, "CN=Users", ATTR_description, "late"));
    fixture_close(&f);
    assert_ok(writer_handle_messages(f.w, m, 2, &f.arena));
    for (unsigned i = 0; i < 2; i++)
        assert_ok(intent_reply_decode(m[i].reply_out, &f.arena, &replies[i]));
    assert_err(replies[0].err, ERR_TIMEOUT);
    assert_ok(replies[1].err);
    assert_true(fixture_has(&f, "CN=Users", ATTR_description, "late"));
}

static uint64_t log_length(void)
{
    return dir_snap_usn(fixture_snap(&f)) - dir_log_oldest(fixture_snap(&f)) + 1;
}

static void commits_trim_the_log(void **state)
{
    (void)state;
    struct writer_args args = {.dir = f.dir, .log = {.records = 5, .age = UTIME_DAY}};
    struct writer *unlimited = f.w;
    assert_ok(writer_new(&args, &f.w));
    uint64_t commits = (log_length() + WRITER_TRIM_STEP) / WRITER_TRIM_STEP;
    for (uint64_t i = 0; i <= commits; i++)
        done(fixture_modify(&f, "CN=Users", i % 2 ? "=description: odd" : "=description: even"));
    assert_int_equal(log_length(), 5);
    refused(fixture_modify(&f, "CN=Nobody", "=description: none"), DIR_NO_OBJECT);
    assert_int_equal(log_length(), 5);
    writer_free(f.w);
    f.w = unlimited;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_trust_is_an_object_two_secrets_and_an_account, suite_as_system),
        cmocka_unit_test_setup(trusts_are_unique_and_coherent, suite_as_system),
        cmocka_unit_test_setup(claims_are_marked_and_erased, suite_as_system),
        cmocka_unit_test_setup(what_was_merged_is_not_put_over_news, suite_as_system),
        cmocka_unit_test_setup(nobody_touches_trusts_over_ldap, suite_as_system),
        cmocka_unit_test_setup(one_way_has_one_secret, suite_as_system),
        cmocka_unit_test_setup(forwarders, suite_as_system),
        cmocka_unit_test_setup(settings, suite_as_system),
        cmocka_unit_test_setup(nothing_is_done_too_late, suite_as_system),
        cmocka_unit_test_setup(commits_trim_the_log, suite_as_system),
        cmocka_unit_test_setup(import_is_tolerant_and_precise, suite_as_system),
        cmocka_unit_test_setup(import_puts_accounts_into_groups, suite_as_system),
        cmocka_unit_test_setup(import_tells_folded_names_apart, suite_as_system),
        cmocka_unit_test_setup(ten_thousand_users_take_seconds, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
