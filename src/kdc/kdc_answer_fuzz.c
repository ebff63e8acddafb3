/*
 * Any bytes as a request to a provisioned forest with a trust: no reply, an error or a ticket. The
 * first octet says what the rest is: a message to port 88 or 464 as it stands, or the inside of
 * something that only who holds a key can make: the ticket of a partner or of ourselves, its PAC
 * (rightly signed), an authenticator, a request's body, the authorization data in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "directory/change.h"
#include "directory/provision.h"
#include "kdc/kdc.h"
#include "wire/krb/krb_msg.h"
#include "wire/ms/pac_sign.h"
#include "writer/fuzz_trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW            (INT64_C(1790000000) * UTIME_SECOND)
#define CLOUD          SPAN_LIT("CLOUD.EXAMPLE.COM")
#define CORP           SPAN_LIT("CORP.EXAMPLE.NET")
#define SIZE_MAX_TRIED 8192

enum { RAW, KPASSWD, TICKET, OWN_TICKET, PAC, OWN_PAC, AUTHENTICATOR, BODY, AUTHDATA, MODES };

static struct {
    struct kdc *kdc;
    struct krb_key trust, krbtgt, session;
} f;

static void fuzz_random(void *out, size_t len)
{
    static uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((uint8_t *)out)[i] = (uint8_t)(state >> 32);
    }
}

static utime fuzz_now(void)
{
    return NOW;
}

static enum err fuzz_intent(void *ctx, const struct intent *in, struct arena *a,
                            struct intent_reply *out)
{
    (void)ctx, (void)in, (void)a;
    *out = (struct intent_reply){.err = ERR_OK};
    return ERR_OK;
}

static void read_keys(struct dir *d)
{
    struct arena a;
    struct dir_snap s;
    struct dir_account account;
    struct dir_account_keys keys;
    arena_init(&a, 0, 1u << 20, ARENA_WIPE);
    ENT_ASSERT(dir_snap_begin(d, &s) == ERR_OK);
    ENT_ASSERT(dir_account_by_sam(&s, SPAN_LIT("krbtgt"), &account) == ERR_OK);
    ENT_ASSERT(dir_account_keys(&s, DIR_SECRET_ACCOUNT, account.id, &a, &keys) == ERR_OK);
    f.krbtgt = *dir_keys_find(&keys, 0, ETYPE_AES256_SHA1);
    dir_snap_end(&s);
    arena_fini(&a);
    ENT_ASSERT(krb_string_to_key(ETYPE_AES256_SHA1, FUZZ_SECRET,
                                 SPAN_LIT("CORP.EXAMPLE.NETkrbtgtCLOUD.EXAMPLE.COM"), 0,
                                 &f.trust) == ERR_OK);
    f.session = (struct krb_key){.etype = ETYPE_AES256_SHA1, .len = 32, .bytes = {7}};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const uint8_t master[32] = {9, 8, 7};
    static const char *const files[] = {"data.mdb", "lock.mdb", "volatile"};
    char path[] = "/tmp/entente-fuzz-XXXXXX", file[64], vol[64];
    struct span address = SPAN_LIT("127.0.0.1");
    struct provision_dc dc = {SPAN_LIT("dc1"), &address, 1};
    struct provision_args args = {.dns_name = SPAN_LIT("cloud.example.com"),
                                  .flat_name = SPAN_LIT("NIMBUS"),
                                  .admin_password = SPAN_LIT("Adm1n-Pa55word"),
                                  .domain_sid = SID_NT(21, 101, 102, 103),
                                  .dcs = &dc,
                                  .dc_count = 1,
                                  .now = NOW - 30 * UTIME_DAY,
                                  .random = fuzz_random};
    struct dir_open_args open = {.path = mkdtemp(path), .volatile_path = vol, .writable = true};
    struct kdc_env env = {
        .dc_name = SPAN_LIT("DC1"), .now = fuzz_now, .random = fuzz_random, .intent = fuzz_intent};
    (void)argc, (void)argv;
    ENT_ASSERT(open.path);
    snprintf(vol, sizeof(vol), "%s/volatile", path);
    dir_keyring_derive(master, 7, &open.keyring);
    ENT_ASSERT(dir_create_empty(path) == ERR_OK && dir_open(&open, &env.dir) == ERR_OK);
    ENT_ASSERT(provision_forest(env.dir, &args) == ERR_OK);
    fuzz_trust(env.dir);
    read_keys(env.dir);
    ENT_ASSERT(kdc_new(&env, &f.kdc) == ERR_OK);
    /* The open files live on without their names. */
    for (unsigned i = 0; i < 3; i++) {
        snprintf(file, sizeof(file), "%s/%s", path, files[i]);
        unlink(file);
    }
    rmdir(path);
    return 0;
}

/* --- making requests ---------------------------------------------------------------------------
 */

static struct span seal(struct arena *a, const struct krb_key *key, uint32_t usage,
                        struct span plain)
{
    struct krb_usage u;
    static const uint8_t confounder[KRB_CONFOUNDER_MAX];
    ENT_ASSERT(krb_usage_init(&u, key, usage) == ERR_OK);
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *out = arena_alloc(a, size);
    ENT_ASSERT(out);
    krb_encrypt(&u, confounder, plain, out);
    return span_of(out, size);
}

static struct krb_enc_key wire_key(const struct krb_key *k)
{
    return (struct krb_enc_key){k->etype, span_of(k->bytes, k->len)};
}

/* The PAC as it is, with signatures that are right if it has places for them. */
static struct span sign(struct span bytes, const struct krb_key *key, struct arena *a)
{
    struct pac pac;
    struct pac_layout layout;
    struct krb_usage u;
    uint8_t *copy = arena_dup(a, bytes.ptr, bytes.len);
    if (!copy || pac_open(bytes, &pac) != ERR_OK || pac_layout_of(&pac, &layout) != ERR_OK)
        return bytes;
    ENT_ASSERT(krb_usage_init(&u, key, PAC_KEY_USAGE) == ERR_OK);
    (void)pac_sign(copy, &layout, &u, &u, &bytes, 1); /* its checksum types may be others */
    return span_of(copy, bytes.len);
}

/* The PAC of an account of ours: for what comes after the PAC was believed. */
static struct span good_pac(struct arena *a)
{
    static const struct sid domain = {1, 4, {0, 0, 0, 0, 0, 5}, {21, 101, 102, 103}};
    static const struct sid user = {1, 5, {0, 0, 0, 0, 0, 5}, {21, 101, 102, 103, 500}};
    struct pac_client_info info = {utime_to_filetime(NOW), SPAN_LIT("Administrator")};
    struct pac_logon_info logon = {.logon_time = utime_to_filetime(NOW),
                                   .account_name = SPAN_LIT("Administrator"),
                                   .full_name = SPAN_LIT(""),
                                   .rid = 500,
                                   .primary_gid = 513,
                                   .domain_sid = &domain};
    struct pac_content content = {.logon = &logon,
                                  .client = &info,
                                  .requestor = &user,
                                  .server_cksumtype = CKSUM_HMAC_SHA1_AES256,
                                  .kdc_cksumtype = CKSUM_HMAC_SHA1_AES256};
    struct pac_layout layout;
    struct builder b;
    struct span out;
    builder_in(&b, a, PAC_MAX);
    pac_build(&b, &content, &layout);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    return out;
}

static struct span ticket_part(struct span pac, const struct krb_key *key, bool own,
                               struct arena *a)
{
    struct span out;
    struct krb_enc_ticket_part part = {
        .flags = KRB_TKT_FORWARDABLE | KRB_TKT_PRE_AUTHENT,
        .key = wire_key(&f.session),
        .crealm = own ? CLOUD : CORP,
        .cname = krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("Administrator"), a),
        .transited = {KRB_TR_DOMAIN_X500_COMPRESS, SPAN_LIT("")},
        .authtime = NOW,
        .endtime = NOW + UTIME_HOUR};
    ENT_ASSERT(krb_authdata_of_pac(sign(pac, key, a), a, &part.authorization_data) == ERR_OK);
    ENT_ASSERT(krb_encode_enc_ticket_part(&part, a, &out) == ERR_OK);
    return out;
}

static struct span body_bytes(struct span authdata, struct arena *a)
{
    static int32_t etypes[] = {ETYPE_AES256_SHA1};
    struct span out;
    struct krb_encrypted sealed = {ETYPE_AES256_SHA1, .cipher = authdata};
    struct krb_name sname =
        krb_name_2(KRB_NT_SRV_INST, SPAN_LIT("ldap"), SPAN_LIT("dc1.cloud.example.com"), a);
    struct krb_kdc_req_body body = {.kdc_options = KRB_OPT_CANONICALIZE,
                                    .realm = CLOUD,
                                    .sname = &sname,
                                    .has_till = true,
                                    .nonce = 1,
                                    .etype = {etypes, 1},
                                    .enc_authorization_data = authdata.len ? &sealed : NULL};
    ENT_ASSERT(krb_encode_req_body(&body, a, &out) == ERR_OK);
    return out;
}

static struct span authenticator(struct span body, bool own, struct arena *a)
{
    struct krb_usage u;
    uint8_t sum[KRB_CKSUM_MAX];
    struct span out;
    ENT_ASSERT(krb_usage_init(&u, &f.session, KRB_USAGE_PA_TGS_REQ_CKSUM) == ERR_OK);
    struct krb_cksum cksum = {CKSUM_HMAC_SHA1_AES256,
                              span_of(sum, krb_checksum(&u, &body, 1, sum))};
    struct krb_authenticator auth = {.crealm = own ? CLOUD : CORP,
                                     .cname =
                                         krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("Administrator"), a),
                                     .cksum = &cksum,
                                     .ctime = NOW};
    ENT_ASSERT(krb_encode_authenticator(&auth, a, &out) == ERR_OK);
    return out;
}

/* False: the input is not even that. */
static bool tgs_req(unsigned mode, struct span in, struct arena *a, struct span *out)
{
    bool own = mode == OWN_TICKET || mode == OWN_PAC || mode == AUTHDATA;
    const struct krb_key *key = own ? &f.krbtgt : &f.trust;
    struct krb_kdc_req_body *parsed;
    struct span authdata =
        mode == AUTHDATA ? seal(a, &f.session, KRB_USAGE_TGS_REQ_AD_SESSION, in) : SPAN_NONE;
    struct span body = mode == BODY ? in : body_bytes(authdata, a);
    struct span pac = mode == PAC || mode == OWN_PAC ? in : SPAN_LIT("");
    if (mode == AUTHDATA)
        pac = good_pac(a);
    struct span inside = mode == TICKET || mode == OWN_TICKET ? in : ticket_part(pac, key, own, a);
    struct span auth = mode == AUTHENTICATOR ? in : authenticator(body, own, a);
    struct krb_ap_req ap = {
        .ticket = {.realm = own ? CLOUD : CORP,
                   .sname = krb_name_tgs(CLOUD, a),
                   .enc_part = {.etype = key->etype,
                                .cipher = seal(a, key, KRB_USAGE_TICKET, inside)}},
        .authenticator = {.etype = f.session.etype,
                          .cipher = seal(a, &f.session, KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR, auth)}};
    struct krb_padata pa = {.padata_type = KRB_PA_TGS_REQ};
    struct krb_kdc_req req = {.msg_type = KRB_TGS_REQ, .padata = {&pa, 1}};
    if (krb_decode_req_body(body, a, &parsed) != ERR_OK)
        return false;
    req.req_body = *parsed;
    return krb_encode_ap_req(&ap, a, &pa.padata_value) == ERR_OK &&
           krb_encode_tgs_req(&req, a, out) == ERR_OK;
}

static void check_reply(struct span reply, bool kpasswd)
{
    if (reply.len == 0 || kpasswd)
        return;
    enum krb_msg_type type = krb_message_type(reply);
    ENT_ASSERT(type == KRB_ERROR || type == KRB_AS_REP || type == KRB_TGS_REP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a, mine;
    struct span message, reply = SPAN_NONE;
    if (size == 0 || size > SIZE_MAX_TRIED)
        return 0;
    unsigned mode = data[0] % MODES;
    arena_init(&a, KDC_ARENA_FIRST, KDC_ARENA_MAX, ARENA_WIPE);
    arena_init(&mine, 0, 4u << 20, 0);
    message = span_of(data + 1, size - 1);
    if (mode == KPASSWD)
        kdc_answer_kpasswd(f.kdc, KDC_TCP, message, &a, &reply);
    else if (mode == RAW || tgs_req(mode, message, &mine, &message))
        kdc_answer(f.kdc, KDC_TCP, message, &a, &reply);
    check_reply(reply, mode == KPASSWD);
    arena_fini(&mine);
    arena_fini(&a);
    return 0;
}
