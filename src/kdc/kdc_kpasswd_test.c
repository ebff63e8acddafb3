/*
 * Changing passwords over port 464 (RFC 3244): which tickets it takes, and what comes back.
 */
#include "kdc/kdc_armor_test.h"
#include "wire/krb/krb_frame.h"

utime test_now = INT64_C(1790000000) * UTIME_SECOND;
struct realm *test_realms[4];
unsigned test_replies;

#define OURS  "S-1-5-21-101-102-103"
#define CLOUD "CLOUD.EXAMPLE.COM"

static struct realm cloud;
static struct arena arena;
static struct krb_key subkey;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 64u << 20, ARENA_WIPE);
    forests_start(&cloud, "cloud.example.com", "NIMBUS", OURS);
    forests_user(&cloud, "ada");
    subkey = armor_subkey();
    /* A password may be changed only once it is a day old. */
    test_now += 2 * UTIME_DAY;
    forests_clock();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    forests_stop(&cloud);
    arena_fini(&arena);
    return 0;
}

/* The AS-REQ for a service other than the TGS. */
static struct answer log_on(const char *service)
{
    struct krb_key key = forge_account_key(&cloud, "ada", &arena);
    struct krb_kdc_req *req;
    struct krb_name sname = forge_name(service, &arena);
    struct span message, reply;
    assert_ok(krb_decode_as_req(forge_as_req(&cloud, "ada", &key, NULL, &arena), &arena, &req));
    req->req_body.sname = &sname;
    assert_ok(krb_encode_as_req(req, &arena, &message));
    kdc_answer(cloud.kdc, KDC_TCP, message, &arena, &reply);
    struct answer got = forge_read(reply, &key, KRB_USAGE_AS_REP, &arena);
    assert_int_equal(got.error, 0);
    return got;
}

static struct span sealed_password(const char *password)
{
    struct krb_address self = {.addr_type = KRB_ADDR_IPV4, .address = SPAN_LIT("\177\0\0\1")};
    struct krb_safe_body body = {.user_data = span_str(password), .s_address = &self};
    struct krb_priv priv;
    struct span plain, out;
    assert_ok(krb_encode_enc_priv_part(&body, &arena, &plain));
    priv.enc_part = (struct krb_encrypted){
        .etype = subkey.etype, .cipher = forge_encrypt(&arena, &subkey, KRB_USAGE_KRB_PRIV, plain)};
    assert_ok(krb_encode_priv(&priv, &arena, &out));
    return out;
}

struct outcome {
    uint16_t code; /* enum kpasswd_result */
    int32_t error; /* of a KRB-ERROR; 0: the outcome was sealed */
    enum reason reason;
};

static struct outcome change(const struct answer *ticket, const char *password)
{
    struct forge_request q = forge_follow(ticket, CLOUD, NULL);
    q.subkey = &subkey;
    struct kpasswd_request frame = {.version = KPASSWD_VERSION_CHANGE,
                                    .ap_req = armor_of(&q, &arena).part.armor_value,
                                    .priv = sealed_password(password)};
    struct builder b;
    struct span message, answer, plain, data;
    struct kpasswd_reply reply;
    struct kpasswd_outcome said;
    struct outcome out = {0};
    builder_in(&b, &arena, 65536);
    kpasswd_put_request(&b, &frame);
    assert_ok(builder_done(&b, &message));
    cloud.last.reason = REASON_NONE;
    kdc_answer_kpasswd(cloud.kdc, KDC_TCP, message, &arena, &answer);
    assert_ok(kpasswd_reply_decode(answer, &reply));
    if (reply.ap_rep.len == 0) {
        struct krb_error *error;
        assert_ok(krb_decode_error(reply.body, &arena, &error));
        out.error = error->error_code;
        data = error->e_data;
    } else {
        struct krb_priv *priv;
        struct krb_safe_body *body;
        assert_ok(krb_decode_priv(reply.body, &arena, &priv));
        assert_ok(
            forge_decrypt(&arena, &subkey, KRB_USAGE_KRB_PRIV, priv->enc_part.cipher, &plain));
        assert_ok(krb_decode_enc_priv_part(plain, &arena, &body));
        data = body->user_data;
    }
    assert_ok(kpasswd_outcome_decode(data, &said));
    out.code = said.code;
    out.reason = cloud.last.reason;
    return out;
}

static void is(struct outcome got, uint16_t code, int32_t error, enum reason reason)
{
    if (got.code != code || got.error != error || got.reason != reason)
        fail_msg("result %u, error %d, %s", got.code, got.error, reason_row(got.reason)->code);
}

static void test_only_a_ticket_for_changing(void **state)
{
    struct answer tgt = log_on("krbtgt/" CLOUD);
    (void)state;
    is(change(&tgt, "N3w-pa55word"), KPASSWD_AUTHERROR, KRB_AP_ERR_NOT_US,
       REASON_KDC_TICKET_NOT_CHANGEPW);
}

/* A TGT that somebody found on a machine changes no password. */
static void test_only_fresh_from_the_old_password(void **state)
{
    struct answer tgt = log_on("krbtgt/" CLOUD);
    struct forge_request q = forge_follow(&tgt, CLOUD, "kadmin/changepw");
    (void)state;
    struct answer got = forge_ask(&cloud, &q, &arena);
    assert_int_equal(got.error, 0);
    is(change(&got, "N3w-pa55word"), KPASSWD_INITIAL_FLAG_NEEDED, 0, REASON_KDC_NOT_INITIAL);
}

static void test_what_the_policy_says(void **state)
{
    struct answer ticket = log_on("kadmin/changepw");
    (void)state;
    is(change(&ticket, "short"), KPASSWD_SOFTERROR, 0, REASON_PASSWORD_TOO_SHORT);
    is(change(&ticket, "N3w-pa55word"), KPASSWD_SUCCESS, 0, REASON_NONE);
    log_on("kadmin/changepw"); /* with the new one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_a_ticket_for_changing),
        cmocka_unit_test(test_only_fresh_from_the_old_password),
        cmocka_unit_test(test_what_the_policy_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
