/*
 * Real messages of MIT's programs (golden/mit_1_20.txt): what is read from them, and that writing
 * it again gives the same bytes.
 */
#include <stdio.h>

#include "base/test.h"
#include "base/text.h"
#include "wire/krb/krb_frame.h"
#include "wire/krb/krb_msg.h"

#define REALM "CORP.EXAMPLE.COM"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16, 1 << 22, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct span golden(const char *name)
{
    const char *folder = getenv("ENTENTE_SOURCE");
    char line[8192];
    size_t len = strlen(name);
    char *path = arena_printf(&arena, "%s/golden/mit_1_20.txt", folder ? folder : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    struct span out = SPAN_NONE;
    while (fgets(line, sizeof(line), f)) {
        if (strncmp(line, name, len) != 0 || line[len] != ' ')
            continue;
        struct span text = span_of(line + len + 1, strcspn(line + len + 1, "\n"));
        assert_ok(text_unhex(text, &arena, &out));
    }
    fclose(f);
    assert_non_null(out.ptr);
    return out;
}

static void assert_same(const struct der_type *type, const void *value, struct span want)
{
    struct span out;
    assert_ok(der_encode(type, value, &arena, &out));
    assert_span_equal(text_hex(&arena, out), text_hex(&arena, want));
}

static struct krb_kdc_req *request(const char *name)
{
    struct krb_kdc_req *r;
    struct span in = golden(name);
    assert_ok(krb_decode_kdc_req(in, &arena, &r));
    assert_span_equal(r->raw, in);
    assert_same(r->msg_type == KRB_AS_REQ ? &krb_as_req_type : &krb_tgs_req_type, r, in);
    return r;
}

static struct krb_error *error(const char *name)
{
    struct krb_error *e;
    struct span in = golden(name);
    assert_ok(krb_decode_error(in, &arena, &e));
    assert_same(&krb_error_type, e, in);
    return e;
}

static void assert_name(const struct krb_name *n, const char *want)
{
    assert_span_equal(krb_unparse(n, SPAN_NONE, &arena), span_str(want));
}

static void as_request(void **state)
{
    (void)state;
    struct krb_kdc_req *r = request("as_req");
    assert_int_equal(r->msg_type, KRB_AS_REQ);
    assert_int_equal(r->padata.count, 2);
    assert_non_null(krb_padata_find(&r->padata, KRB_PA_REQ_ENC_PA_REP));
    assert_null(krb_padata_find(&r->padata, KRB_PA_ENC_TIMESTAMP));
    struct krb_kdc_req_body *b = &r->req_body;
    assert_int_equal(b->kdc_options, KRB_OPT_FORWARDABLE | KRB_OPT_RENEWABLE);
    assert_name(b->cname, "alice");
    assert_int_equal(b->cname->type, KRB_NT_PRINCIPAL);
    assert_span(b->realm, REALM);
    assert_name(b->sname, "krbtgt/" REALM);
    assert_false(b->has_from);
    assert_true(b->has_till && b->has_rtime);
    assert_true(b->rtime - b->till == 6 * UTIME_DAY);
    assert_true(b->nonce == 0x6db2707b);
    assert_int_equal(b->etype.count, 8);
    assert_int_equal(b->etype.items[0], 18);
    assert_null(b->addresses.items);
    assert_null(b->enc_authorization_data);
    assert_null(b->additional_tickets.items);
    assert_int_equal(b->raw.len, 165);
}

static void preauth_required(void **state)
{
    (void)state;
    struct krb_error *e = error("error_preauth_required");
    struct krb_padata_list *methods;
    struct krb_etype_info2 *info;
    assert_int_equal(e->error_code, KDC_ERR_PREAUTH_REQUIRED);
    assert_int_equal(e->susec, 0x0db0a5);
    assert_false(e->has_ctime);
    assert_span(e->crealm, REALM);
    assert_name(e->cname, "alice");
    assert_span(e->e_text, "NEEDED_PREAUTH");
    assert_ok(krb_decode_method_data(e->e_data, &arena, &methods));
    assert_same(&krb_method_data_type, methods, e->e_data);
    const struct krb_padata *p = krb_padata_find(methods, KRB_PA_ETYPE_INFO2);
    assert_ok(krb_decode_etype_info2(p->padata_value, &arena, &info));
    assert_int_equal(info->items[0].etype, 18);
    assert_span(info->items[0].salt, REALM "alice");
    assert_null(info->items[0].s2kparams.ptr);
}

static void timestamp_and_reply(void **state)
{
    (void)state;
    struct krb_kdc_req *r = request("as_req_timestamp");
    struct krb_encrypted *enc;
    const struct krb_padata *p = krb_padata_find(&r->padata, KRB_PA_ENC_TIMESTAMP);
    assert_ok(krb_decode_encrypted(p->padata_value, &arena, &enc));
    assert_int_equal(enc->etype, 18);
    assert_false(enc->has_kvno);
    assert_int_equal(enc->cipher.len, 56);
    struct krb_kdc_rep *rep;
    struct span in = golden("as_rep");
    assert_ok(krb_decode_kdc_rep(in, &arena, &rep));
    assert_same(&krb_as_rep_type, rep, in);
    assert_name(&rep->cname, "alice");
    assert_name(&rep->ticket.sname, "krbtgt/" REALM);
    assert_true(rep->ticket.enc_part.has_kvno && rep->ticket.enc_part.kvno == 1);
    assert_int_equal(rep->ticket.raw.ptr[0], 0x61);
    rep->ticket.raw = SPAN_NONE;
    assert_same(&krb_as_rep_type, rep, in);
}

static void tgs_request_and_reply(void **state)
{
    (void)state;
    struct krb_kdc_req *r = request("tgs_req");
    struct krb_ap_req *ap;
    struct krb_fast_armored_req *fast;
    struct span raw = krb_padata_find(&r->padata, KRB_PA_TGS_REQ)->padata_value;
    assert_ok(krb_decode_ap_req(raw, &arena, &ap));
    assert_same(&krb_ap_req_type, ap, raw);
    assert_int_equal(ap->ap_options, 0);
    assert_span(ap->ticket.realm, REALM);
    raw = krb_padata_find(&r->padata, KRB_PA_FX_FAST)->padata_value;
    assert_ok(krb_decode_fast_request(raw, &arena, &fast));
    assert_same(&krb_fast_request_type, fast, raw);
    assert_null(fast->armor);
    assert_int_equal(fast->req_checksum.cksumtype, 16);
    assert_null(r->req_body.cname);
    assert_name(r->req_body.sname, "host/sql1.corp.example.com");
    struct krb_kdc_rep *rep;
    struct krb_fast_armored_rep *armored;
    struct span in = golden("tgs_rep");
    assert_ok(krb_decode_kdc_rep(in, &arena, &rep));
    assert_same(&krb_tgs_rep_type, rep, in);
    raw = krb_padata_find(&rep->padata, KRB_PA_FX_FAST)->padata_value;
    assert_ok(krb_decode_fast_reply(raw, &arena, &armored));
    assert_same(&krb_fast_reply_type, armored, raw);
}

static void armored_request_and_error(void **state)
{
    (void)state;
    struct krb_kdc_req *r = request("as_req_armored");
    struct krb_fast_armored_req *fast;
    struct krb_ap_req *ap;
    struct span raw = krb_padata_find(&r->padata, KRB_PA_FX_FAST)->padata_value;
    assert_ok(krb_decode_fast_request(raw, &arena, &fast));
    assert_same(&krb_fast_request_type, fast, raw);
    assert_int_equal(fast->armor->armor_type, KRB_FAST_ARMOR_AP_REQUEST);
    assert_ok(krb_decode_ap_req(fast->armor->armor_value, &arena, &ap));
    struct krb_error *e = error("error_armored");
    assert_int_equal(e->error_code, KDC_ERR_PREAUTH_REQUIRED);
}

static void enterprise_request(void **state)
{
    (void)state;
    struct krb_kdc_req *r = request("as_req_enterprise");
    assert_int_equal(r->req_body.cname->type, KRB_NT_ENTERPRISE);
    assert_name(r->req_body.cname, "alice\\@corp.upn");
    assert_int_equal(r->req_body.kdc_options, KRB_OPT_RENEWABLE_OK);
    struct krb_error *e = error("error_client_unknown");
    assert_int_equal(e->error_code, KDC_ERR_C_PRINCIPAL_UNKNOWN);
}

static void user_to_user(void **state)
{
    (void)state;
    struct krb_kdc_req *r = request("tgs_req_user_to_user");
    assert_true(r->req_body.kdc_options & KRB_OPT_ENC_TKT_IN_SKEY);
    assert_int_equal(r->req_body.additional_tickets.count, 1);
    assert_name(&r->req_body.additional_tickets.items[0].sname, "krbtgt/" REALM);
}

static void password_change(void **state)
{
    (void)state;
    struct kpasswd_request k;
    struct krb_ap_req *ap;
    struct krb_priv *priv;
    struct builder b;
    struct span in = golden("kpasswd"), out;
    assert_ok(kpasswd_request_decode(in, &k));
    assert_int_equal(k.version, KPASSWD_VERSION_CHANGE);
    assert_ok(krb_decode_ap_req(k.ap_req, &arena, &ap));
    assert_same(&krb_ap_req_type, ap, k.ap_req);
    assert_name(&ap->ticket.sname, "kadmin/changepw");
    assert_ok(krb_decode_priv(k.priv, &arena, &priv));
    assert_same(&krb_priv_type, priv, k.priv);
    builder_in(&b, &arena, 1 << 16);
    kpasswd_put_request(&b, &k);
    assert_ok(builder_done(&b, &out));
    assert_span_equal(out, in);
}

static void every_prefix_is_truncated(void **state)
{
    (void)state;
    static const char *names[] = {"as_req", "tgs_req", "tgs_req_user_to_user"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        arena_reset(&arena);
        struct span in = golden(names[i]);
        struct krb_kdc_req *r = NULL;
        for (size_t n = 1; n < in.len; n++)
            assert_err(krb_decode_kdc_req(span_sub(in, 0, n), &arena, &r), ERR_TRUNCATED);
        assert_err(krb_decode_kdc_req(SPAN_NONE, &arena, &r), ERR_UNSUPPORTED);
        assert_null(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_request),
        cmocka_unit_test(preauth_required),
        cmocka_unit_test(timestamp_and_reply),
        cmocka_unit_test(tgs_request_and_reply),
        cmocka_unit_test(armored_request_and_error),
        cmocka_unit_test(enterprise_request),
        cmocka_unit_test(user_to_user),
        cmocka_unit_test(password_change),
        cmocka_unit_test(every_prefix_is_truncated),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
