#include "wire/ms/pac.h"
#include "wire/ms/pac_sign.h"
#include "wire/ms/pac_tables.h"

#include "base/test.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY (256 * 1024)

static struct sid domain_sid, other_sid, extra_sid;
static struct pac_group group = {513, PAC_GROUP_DEFAULT}, resource = {1200, PAC_GROUP_RESOURCE};
static struct pac_sid extra;

static struct pac_logon_info sample_logon(void)
{
    domain_sid = SID_NT(21, 1, 2, 3);
    other_sid = SID_NT(21, 4, 5, 6);
    extra_sid = sid_make(18, 1, (const uint32_t[]){1});
    extra = (struct pac_sid){&extra_sid, PAC_GROUP_DEFAULT};
    return (struct pac_logon_info){
        .logon_time = 1,
        .logoff_time = INT64_MAX,
        .account_name = SPAN_LIT("alice"),
        .rid = 1104,
        .primary_gid = 513,
        .group_count = 1,
        .groups = &group,
        .user_flags = PAC_FLAG_EXTRA_SIDS | PAC_FLAG_RESOURCE_GROUPS,
        .logon_server = SPAN_LIT("DC1"),
        .logon_domain = SPAN_LIT("CORP"),
        .domain_sid = &domain_sid,
        .extra_count = 1,
        .extra = &extra,
        .resource_domain = &other_sid,
        .resource_count = 1,
        .resource = &resource,
    };
}

static struct span build(struct arena *a, struct pac_layout *layout, bool all, int32_t cksumtype)
{
    static struct pac_logon_info logon;
    static const struct pac_client_info client = {77, SPAN_LIT("alice")};
    struct pac_content c = {
        .logon = &logon,
        .client = &client,
        .server_cksumtype = cksumtype,
        .kdc_cksumtype = CKSUM_HMAC_SHA1_AES256,
        .ticket_signature = all,
        .full_signature = all,
    };
    struct builder b;
    struct span out;

    logon = sample_logon();
    builder_in(&b, a, PAC_MAX);
    pac_build(&b, &c, layout);
    assert_ok(builder_done(&b, &out));
    return out;
}

/* --- the container -------------------------------------------------------------------------- */

/* A container of n entries {type, size, offset}, followed by zeros up to total bytes. */
static enum err open_made(uint32_t count, uint32_t version, const uint64_t (*entries)[3],
                          unsigned n, size_t total)
{
    static uint8_t mem[PAC_MAX + 64];
    struct builder b;
    struct span s;
    struct pac p;

    builder_over(&b, mem, sizeof(mem));
    builder_le32(&b, count);
    builder_le32(&b, version);
    for (unsigned i = 0; i < n; i++) {
        builder_le32(&b, (uint32_t)entries[i][0]);
        builder_le32(&b, (uint32_t)entries[i][1]);
        builder_le64(&b, entries[i][2]);
    }
    builder_zeros(&b, total > b.len ? total - b.len : 0);
    assert_ok(builder_done(&b, &s));
    return pac_open(span_sub(s, 0, total), &p);
}

static void container_bounds(void **state)
{
    static const struct {
        uint64_t entries[2][3];
        unsigned n;
        uint32_t count, version;
        size_t total;
        enum err expected;
    } rows[] = {
        {{{1, 8, 24}}, 1, 1, 0, 32, ERR_OK},
        {{{1, 0, 24}}, 1, 1, 0, 24, ERR_OK},
        {{{0}}, 0, 0, 0, 8, ERR_OK},
        {{{1, 8, 24}}, 1, 1, 1, 32, ERR_MALFORMED},
        {{{1, 9, 24}}, 1, 1, 0, 32, ERR_MALFORMED},
        {{{1, 8, 16}}, 1, 1, 0, 32, ERR_MALFORMED},
        {{{1, 4, 28}}, 1, 1, 0, 32, ERR_MALFORMED},
        {{{1, 8, 32}}, 1, 1, 0, 32, ERR_MALFORMED},
        {{{1, 8, 0}}, 1, 1, 0, 32, ERR_MALFORMED},
        {{{1, 8, 24}}, 1, 2, 0, 32, ERR_MALFORMED},
        {{{1, 8, 40}, {10, 8, 40}}, 2, 2, 0, 56, ERR_MALFORMED},
        {{{1, 9, 40}, {10, 8, 48}}, 2, 2, 0, 56, ERR_MALFORMED},
        {{{1, 8, 40}, {10, 8, 48}}, 2, 2, 0, 56, ERR_OK},
        {{{1, 8, 24}}, 1, 1, 0, PAC_MAX, ERR_OK},
        {{{1, 8, 24}}, 1, 1, 0, PAC_MAX + 1, ERR_LIMIT},
        {{{0}}, 0, PAC_BUFFERS_MAX + 1, 0, 4096, ERR_LIMIT},
        {{{0}}, 0, 0, 0, 7, ERR_MALFORMED},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_err(
            open_made(rows[i].count, rows[i].version, rows[i].entries, rows[i].n, rows[i].total),
            rows[i].expected);
}

/* Sizes and counts chosen so that sums and products wrap in 32 or 64 bits. */
static void cve_2022_42898_pac_parse_overflow(void **state)
{
    static const uint64_t wrap_sum[1][3] = {{1, 0xFFFFFFF8, 24}};
    static const uint64_t wrap_offset[1][3] = {{1, 0x10, UINT64_MAX - 7}};
    static const uint64_t wrap_both[1][3] = {{1, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFF8}};
    static const uint64_t high_offset[1][3] = {{1, 8, 0x100000018}};
    (void)state;

    assert_err(open_made(1, 0, wrap_sum, 1, 64), ERR_MALFORMED);
    assert_err(open_made(1, 0, wrap_offset, 1, 64), ERR_MALFORMED);
    assert_err(open_made(1, 0, wrap_both, 1, 64), ERR_MALFORMED);
    assert_err(open_made(1, 0, high_offset, 1, 64), ERR_MALFORMED);
    /* 0x10000000 * 16 is 0 in 32 bits: every entry would lie in an empty header. */
    assert_err(open_made(0x10000000, 0, wrap_sum, 1, 64), ERR_LIMIT);
    assert_err(open_made(0xFFFFFFFF, 0, wrap_sum, 1, 64), ERR_LIMIT);
    assert_err(open_made(0x0FFFFFFF, 0, wrap_sum, 1, 64), ERR_LIMIT);
}

/* The same inside the buffers: lengths that reach past the contents. */
static void cve_2022_42898_lengths_inside_buffers(void **state)
{
    static const uint8_t client[] = {0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 'a', 0};
    static const uint8_t upn_past[] = {8, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 0, 'b', 0};
    static const uint8_t upn_header[] = {4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 0, 'b', 0};
    static const uint8_t upn_far[] = {2, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t upn_short[] = {0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0};
    static const uint8_t attributes[] = {33, 0, 0, 0, 1, 0, 0, 0};
    struct arena a;
    struct pac_client_info c;
    struct pac_upn_dns u;
    uint32_t flags;
    (void)state;

    arena_init(&a, 0, MEMORY, 0);
    assert_err(pac_client_info(span_of(client, sizeof(client)), &a, &c), ERR_MALFORMED);
    assert_err(pac_upn_dns(span_of(upn_past, sizeof(upn_past)), &a, &u), ERR_MALFORMED);
    assert_err(pac_upn_dns(span_of(upn_header, sizeof(upn_header)), &a, &u), ERR_MALFORMED);
    assert_err(pac_upn_dns(span_of(upn_far, sizeof(upn_far)), &a, &u), ERR_MALFORMED);
    assert_err(pac_upn_dns(span_of(upn_short, sizeof(upn_short)), &a, &u), ERR_MALFORMED);
    assert_err(pac_attributes(span_of(attributes, sizeof(attributes)), &flags), ERR_MALFORMED);
    arena_fini(&a);
}

/* Every prefix of a good logon information is refused; every single changed byte is survived. */
static void logon_info_mutilated(void **state)
{
    struct pac_logon_info info = sample_logon(), out;
    struct arena a;
    struct builder b;
    struct span good;
    uint8_t copy[2048];
    (void)state;

    arena_init(&a, 0, MEMORY, 0);
    builder_in(&b, &a, sizeof(copy));
    pac_put_logon_info(&b, &info);
    assert_ok(builder_done(&b, &good));
    memcpy(copy, good.ptr, good.len);
    for (size_t n = 0; n < good.len; n++) {
        struct arena t;

        arena_init(&t, 0, MEMORY, 0);
        assert_int_not_equal(pac_logon_info(span_of(copy, n), &t, &out), ERR_OK);
        copy[n] ^= 0xFF;
        if (pac_logon_info(span_of(copy, good.len), &t, &out) == ERR_OK)
            assert_non_null(out.domain_sid);
        copy[n] ^= 0xFF;
        arena_fini(&t);
    }
    arena_fini(&a);
}

/* --- what a KDC does ------------------------------------------------------------------------ */

static void patching(void **state)
{
    struct arena a;
    struct pac_layout layout;
    struct span bytes;
    struct pac p;
    struct pac_logon_info logon;
    struct pac_client_info client;
    uint8_t copy[4096];
    (void)state;

    arena_init(&a, 0, MEMORY, 0);
    bytes = build(&a, &layout, true, CKSUM_HMAC_SHA1_AES128);
    memcpy(copy, bytes.ptr, bytes.len);
    pac_set_times(copy, &layout, 0x0123456789ABCDEF, false);
    assert_ok(pac_set_name(copy, &layout, SPAN_LIT("ALICE")));
    assert_err(pac_set_name(copy, &layout, SPAN_LIT("alicia")), ERR_RANGE);
    assert_err(pac_set_name(copy, &layout, SPAN_LIT("\xff\xff")), ERR_MALFORMED);
    assert_ok(pac_open(span_of(copy, layout.size), &p));
    assert_ok(pac_logon_info(pac_contents(&p, PAC_LOGON_INFO), &a, &logon));
    assert_true(logon.logon_time == 0x0123456789ABCDEF && logon.logoff_time == INT64_MAX);
    assert_ok(pac_client_info(pac_contents(&p, PAC_CLIENT_INFO), &a, &client));
    assert_true(client.authtime == 0x0123456789ABCDEF);
    assert_true(span_eq(client.name, SPAN_LIT("ALICE")));
    pac_set_times(copy, &layout, 5, true);
    assert_ok(pac_logon_info(pac_contents(&p, PAC_LOGON_INFO), &a, &logon));
    assert_true(logon.logon_time == 0x0123456789ABCDEF);
    arena_fini(&a);
}

static void make_key(int32_t etype, uint8_t fill, struct krb_usage *out)
{
    uint8_t bytes[KRB_KEY_MAX];
    struct krb_key key;

    memset(bytes, fill, sizeof(bytes));
    assert_ok(krb_key_make(etype, span_of(bytes, krb_key_size(etype)), &key));
    assert_ok(krb_usage_init(out, &key, PAC_KEY_USAGE));
}

static const struct span ticket[] = {SPAN_LIT("EncTicketPart with a "), SPAN_LIT("zero byte")};

/* Which of the four signatures hold: bit by enum pac_signature. */
static unsigned verified(struct span bytes, const struct krb_usage *server,
                         const struct krb_usage *kdc)
{
    struct pac p;

    assert_ok(pac_open(bytes, &p));
    return (unsigned)(pac_verify_server(&p, server) == ERR_OK) << PAC_SIG_SERVER |
           (unsigned)(pac_verify_kdc(&p, kdc) == ERR_OK) << PAC_SIG_KDC |
           (unsigned)(pac_verify_full(&p, kdc) == ERR_OK) << PAC_SIG_FULL |
           (unsigned)(pac_verify_ticket(&p, kdc, ticket, 2) == ERR_OK) << PAC_SIG_TICKET;
}

static void signatures(void **state)
{
    const unsigned all = (1u << PAC_SIGS) - 1;
    const unsigned kdc_only = all & ~(1u << PAC_SIG_SERVER);
    struct krb_usage server, kdc, wrong;
    struct arena a;
    struct pac_layout layout;
    struct span bytes;
    struct pac p;
    uint8_t copy[4096];
    (void)state;

    make_key(ETYPE_AES128_SHA1, 1, &server);
    make_key(ETYPE_AES256_SHA1, 2, &kdc);
    make_key(ETYPE_AES128_SHA1, 3, &wrong);
    arena_init(&a, 0, MEMORY, 0);
    bytes = build(&a, &layout, true, CKSUM_HMAC_SHA1_AES128);
    memcpy(copy, bytes.ptr, bytes.len);
    bytes = span_of(copy, bytes.len);
    assert_err(pac_sign(copy, &layout, &kdc, &kdc, ticket, 2), ERR_STATE);
    assert_ok(pac_sign(copy, &layout, &server, &kdc, ticket, 2));
    assert_int_equal(verified(bytes, &server, &kdc), all);
    /* Signing again over old signatures gives the same. */
    memset(copy + layout.sigs[PAC_SIG_SERVER].at, 0xAA, layout.sigs[PAC_SIG_SERVER].size);
    memset(copy + layout.sigs[PAC_SIG_FULL].at, 0xAA, layout.sigs[PAC_SIG_FULL].size);
    assert_ok(pac_sign(copy, &layout, &server, &kdc, ticket, 2));
    assert_int_equal(verified(bytes, &server, &kdc), all);
    assert_int_equal(verified(bytes, &wrong, &kdc), kdc_only);
    /* A byte of the contents is under the server and the full signature. */
    copy[layout.logon_time_at] ^= 1;
    assert_int_equal(verified(bytes, &server, &kdc), 1u << PAC_SIG_KDC | 1u << PAC_SIG_TICKET);
    copy[layout.logon_time_at] ^= 1;
    /* The ticket signature is under both as well, the KDC signature under none. */
    copy[layout.sigs[PAC_SIG_TICKET].at] ^= 1;
    assert_int_equal(verified(bytes, &server, &kdc), 1u << PAC_SIG_KDC);
    copy[layout.sigs[PAC_SIG_TICKET].at] ^= 1;
    copy[layout.sigs[PAC_SIG_KDC].at] ^= 1;
    assert_int_equal(verified(bytes, &server, &kdc), all & ~(1u << PAC_SIG_KDC));
    copy[layout.sigs[PAC_SIG_KDC].at] ^= 1;
    /* The full signature is under the server's. */
    copy[layout.sigs[PAC_SIG_FULL].at] ^= 1;
    assert_int_equal(verified(bytes, &server, &kdc), 1u << PAC_SIG_KDC | 1u << PAC_SIG_TICKET);
    copy[layout.sigs[PAC_SIG_FULL].at] ^= 1;

    bytes = build(&a, &layout, false, CKSUM_HMAC_SHA1_AES128);
    assert_ok(pac_open(bytes, &p));
    assert_err(pac_verify_full(&p, &kdc), ERR_NOT_FOUND);
    assert_err(pac_verify_ticket(&p, &kdc, ticket, 2), ERR_NOT_FOUND);
    assert_err(pac_verify_server(&p, &server), ERR_INTEGRITY);
    assert_err(pac_verify_server(&p, &kdc), ERR_UNSUPPORTED);
    assert_int_equal(pac_rodc_id(&p), 0);
    arena_fini(&a);
}

static void signature_sizes(void **state)
{
    struct arena a;
    struct pac_layout layout;
    struct span bytes;
    struct pac p;
    uint8_t copy[4096];
    unsigned i;
    (void)state;

    arena_init(&a, 0, MEMORY, 0);
    bytes = build(&a, &layout, false, CKSUM_HMAC_SHA1_AES256);
    memcpy(copy, bytes.ptr, bytes.len);
    assert_ok(pac_open(span_of(copy, bytes.len), &p));
    for (i = 0; p.buffers[i].type != PAC_KDC_CHECKSUM; i++)
        ;
    p.buffers[i].size -= 1;
    assert_err(pac_layout_of(&p, &layout), ERR_MALFORMED);
    p.buffers[i].size = 0;
    assert_err(pac_layout_of(&p, &layout), ERR_MALFORMED);
    /* An unknown type counts as zeros to its end. */
    p.buffers[i].size = 16;
    copy[p.buffers[i].offset] = 99;
    assert_ok(pac_layout_of(&p, &layout));
    assert_int_equal(layout.sigs[PAC_SIG_KDC].size, 12);
    /* But only so far as there are zeros. */
    p.buffers[i].offset -= 128;
    memset(copy + p.buffers[i].offset, 0, 4);
    copy[p.buffers[i].offset] = 99;
    p.buffers[i].size = 4 + PAC_SIGNATURE_MAX;
    assert_ok(pac_layout_of(&p, &layout));
    assert_int_equal(layout.sigs[PAC_SIG_KDC].size, PAC_SIGNATURE_MAX);
    p.buffers[i].size++;
    assert_err(pac_layout_of(&p, &layout), ERR_MALFORMED);
    arena_fini(&a);
}

static void rodc_identifier(void **state)
{
    static const uint8_t bytes[] = {1,  0, 0, 0, 0, 0,  0,  0,  7,    0,    0, 0, 18, 0, 0, 0,
                                    24, 0, 0, 0, 0, 0,  0,  0,  16,   0,    0, 0, 1,  2, 3, 4,
                                    5,  6, 7, 8, 9, 10, 11, 12, 0x34, 0x12, 0, 0, 0,  0, 0, 0};
    struct pac_layout layout;
    struct pac p;
    (void)state;

    assert_ok(pac_open(span_of(bytes, sizeof(bytes)), &p));
    assert_int_equal(pac_rodc_id(&p), 0x1234);
    assert_ok(pac_layout_of(&p, &layout));
    assert_int_equal(layout.sigs[PAC_SIG_KDC].size, 12);
}

static void first_of_a_type_counts(void **state)
{
    static const uint8_t bytes[] = {2, 0, 0, 0, 0, 0,  0, 0, 17, 0, 0, 0, 8, 0,  0, 0, 40, 0, 0,
                                    0, 0, 0, 0, 0, 17, 0, 0, 0,  8, 0, 0, 0, 48, 0, 0, 0,  0, 0,
                                    0, 0, 2, 0, 0, 0,  1, 0, 0,  0, 2, 0, 0, 0,  2, 0, 0,  0};
    struct pac p;
    uint32_t flags = 0;
    (void)state;

    assert_ok(pac_open(span_of(bytes, sizeof(bytes)), &p));
    assert_ok(pac_attributes(pac_contents(&p, PAC_ATTRIBUTES), &flags));
    assert_int_equal(flags, PAC_WAS_REQUESTED);
    assert_null(pac_find(&p, PAC_LOGON_INFO));
    assert_null(pac_contents(&p, PAC_LOGON_INFO).ptr);
}

/* --- the PAC of [MS-PAC] section 3, made by Windows ------------------------------------------ */

static struct span windows_pac(struct arena *a)
{
    const char *folder = getenv("ENTENTE_SOURCE");
    char path[4096], line[256];
    struct builder b;
    struct span hex, bytes;
    FILE *f;

    snprintf(path, sizeof(path), "%s/golden/windows_pac.hex", folder ? folder : ".");
    f = fopen(path, "r");
    assert_non_null(f);
    builder_in(&b, a, 2 * PAC_MAX);
    while (fgets(line, sizeof(line), f))
        builder_bytes(&b, line, strcspn(line, "\n"));
    fclose(f);
    assert_ok(builder_done(&b, &hex));
    assert_ok(text_unhex(hex, a, &bytes));
    return bytes;
}

/* Decoded and built again it is the same PAC, but for the signatures. */
static void a_pac_made_by_windows(void **state)
{
    struct arena a;
    struct span bytes, built;
    struct pac p;
    struct pac_logon_info logon;
    struct pac_client_info client;
    struct pac_content c = {.logon = &logon, .client = &client};
    struct pac_layout layout, again;
    struct builder b;
    uint8_t copy[2048];
    char sid[SID_TEXT_SIZE];
    (void)state;

    arena_init(&a, 0, MEMORY, 0);
    bytes = windows_pac(&a);
    assert_ok(pac_open(bytes, &p));
    assert_int_equal(p.count, 4);
    assert_ok(pac_logon_info(pac_contents(&p, PAC_LOGON_INFO), &a, &logon));
    assert_span(logon.account_name, "lzhu");
    assert_span(logon.full_name, "Liqiang(Larry) Zhu");
    assert_span(logon.logon_script, "ntds2.bat");
    assert_true(logon.home_drive.ptr && logon.home_drive.len == 0);
    assert_int_equal(logon.rid, 2914711);
    assert_int_equal(logon.group_count, 26);
    assert_int_equal(logon.groups[3].rid, 513);
    assert_span(logon.logon_server, "NTDEV-DC-05");
    assert_span(logon.logon_domain, "NTDEV");
    sid_to_text(logon.domain_sid, sid);
    assert_string_equal(sid, "S-1-5-21-397955417-626881126-188441444");
    assert_int_equal(logon.extra_count, 13);
    assert_int_equal(logon.user_flags, PAC_FLAG_EXTRA_SIDS);
    assert_ok(pac_client_info(pac_contents(&p, PAC_CLIENT_INFO), &a, &client));
    assert_span(client.name, "lzhu");
    assert_ok(pac_layout_of(&p, &layout));
    c.server_cksumtype = layout.sigs[PAC_SIG_SERVER].cksumtype;
    c.kdc_cksumtype = layout.sigs[PAC_SIG_KDC].cksumtype;
    assert_int_equal(c.server_cksumtype, CKSUM_HMAC_MD5);
    builder_in(&b, &a, PAC_MAX);
    pac_build(&b, &c, &again);
    assert_ok(builder_done(&b, &built));
    assert_memory_equal(&layout, &again, sizeof(layout));
    memcpy(copy, bytes.ptr, bytes.len);
    memset(copy + layout.sigs[PAC_SIG_SERVER].at, 0, layout.sigs[PAC_SIG_SERVER].size);
    memset(copy + layout.sigs[PAC_SIG_KDC].at, 0, layout.sigs[PAC_SIG_KDC].size);
    assert_span_equal(built, span_of(copy, bytes.len));
    arena_fini(&a);
}

static void tables(void **state)
{
    (void)state;
    assert_true(ndr_type_check(&pac_ndr_logon_info));
    assert_true(ndr_type_check(&pac_ndr_delegation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(container_bounds),
        cmocka_unit_test(cve_2022_42898_pac_parse_overflow),
        cmocka_unit_test(cve_2022_42898_lengths_inside_buffers),
        cmocka_unit_test(logon_info_mutilated),
        cmocka_unit_test(patching),
        cmocka_unit_test(signatures),
        cmocka_unit_test(signature_sizes),
        cmocka_unit_test(rodc_identifier),
        cmocka_unit_test(first_of_a_type_counts),
        cmocka_unit_test(a_pac_made_by_windows),
        cmocka_unit_test(tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
