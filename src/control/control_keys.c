/*
 * Access keys of the AWS API: keys.json in the state directory. A signature is checked with the
 * secret itself, so it is kept, sealed under a key that the parent derives from the key file: the
 * file alone gives nobody access.
 */
#include "base/text.h"
#include "control/control_call.h"
#include "crypt/seal.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"

#define KEYS_FORMAT      1
#define KEYS_FILE_MAX    (1u << 20)
#define KEY_ID_LETTERS   16
#define KEY_RANDOM       30 /* bytes of a secret: 40 characters of base64 */
#define KEY_FILE_TIMEOUT (30 * UTIME_SECOND)
#define ACCOUNT_LENGTH   12

static const char *text_of(const json_t *key, const char *member)
{
    return json_string_value(json_object_get(key, member));
}

static void keys_path(const struct control *c, char *out, size_t size)
{
    snprintf(out, size, "%s/keys.json", c->env.state_dir);
}

/* --- the file ----------------------------------------------------------------------------------
 */

static bool key_ok(const json_t *key)
{
    return text_of(key, "id") && text_of(key, "account") && text_of(key, "created") &&
           text_of(key, "sealed");
}

static enum err take_keys(struct control *c, const json_t *root)
{
    size_t i;
    json_t *key, *list = json_object_get(root, "keys");
    if (json_integer_value(json_object_get(root, "format")) != KEYS_FORMAT)
        return ERR_UNSUPPORTED;
    if (!json_is_array(list) || json_array_size(list) > CONTROL_KEYS_MAX)
        return ERR_MALFORMED;
    json_array_foreach(list, i, key)
    {
        if (!key_ok(key))
            return ERR_MALFORMED;
    }
    json_decref(c->keys);
    c->keys = json_incref(list);
    return ERR_OK;
}

enum err control_keys_load(struct control *c, const char **why_out)
{
    char path[600];
    struct arena a;
    struct span text;
    keys_path(c, path, sizeof(path));
    c->keys = json_array();
    arena_init(&a, 0, 2 * KEYS_FILE_MAX, 0);
    enum err e = plat_file_read(path, KEYS_FILE_MAX, &a, &text);
    if (e == ERR_OK) {
        json_t *root = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
        e = root ? take_keys(c, root) : ERR_MALFORMED;
        json_decref(root);
    }
    arena_fini(&a);
    *why_out = "keys.json in the state directory cannot be used; restore it from a backup, or "
               "delete it and make new keys";
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err keep_keys(struct control_call *call)
{
    char path[600];
    json_t *root = json_pack("{s:i, s:O}", "format", KEYS_FORMAT, "keys", call->control->keys);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (!text)
        return ERR_NOMEM;
    keys_path(call->control, path, sizeof(path));
    enum err e = plat_file_write(path, span_str(text), 0600);
    enum err kept = control_kept(call, e, "keys.json");
    free(text);
    return kept;
}

/* --- use ---------------------------------------------------------------------------------------
 */

static size_t place_of(const struct control *c, struct span id)
{
    size_t i = 0;
    while (i < json_array_size(c->keys) &&
           !span_eq(span_str(text_of(json_array_get(c->keys, i), "id")), id))
        i++;
    return i;
}

enum err control_key_find(struct control *c, struct span id, struct arena *a,
                          struct span *account_out, struct span *secret_out)
{
    const json_t *key = json_array_get(c->keys, place_of(c, id));
    struct seal_key seal_key;
    struct span sealed;
    if (!key)
        return ERR_NOT_FOUND;
    TRY(text_unbase64(span_str(text_of(key, "sealed")), a, &sealed));
    if (sealed.len < SEAL_OVERHEAD)
        return ERR_INTEGRITY;
    uint8_t *secret = arena_alloc(a, sealed.len);
    if (!secret)
        return ERR_NOMEM;
    seal_key_init(&seal_key, c->env.seal_key);
    enum err e = unseal(&seal_key, id, sealed, secret);
    seal_key_wipe(&seal_key);
    TRY(e);
    *account_out = span_str(text_of(key, "account"));
    *secret_out = span_of(secret, sealed.len - SEAL_OVERHEAD);
    return ERR_OK;
}

bool control_account_known(const struct control *c, struct span account)
{
    size_t i;
    json_t *key;
    json_array_foreach(c->keys, i, key)
    {
        if (span_eq(span_str(text_of(key, "account")), account))
            return true;
    }
    return false;
}

/* --- the operations ----------------------------------------------------------------------------
 */

static struct span sealed_text(struct control_call *call, struct span id, struct span secret)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    struct seal_key seal_key;
    uint8_t *sealed = arena_alloc(call->a, secret.len + SEAL_OVERHEAD);
    if (!sealed)
        return SPAN_NONE;
    plat_random(nonce, sizeof(nonce));
    seal_key_init(&seal_key, call->control->env.seal_key);
    seal(&seal_key, nonce, id, secret, sealed);
    seal_key_wipe(&seal_key);
    return text_base64(call->a, span_of(sealed, secret.len + SEAL_OVERHEAD));
}

static struct span new_id(struct arena *a)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t drawn[KEY_ID_LETTERS];
    char id[KEY_ID_LETTERS + 1] = "";
    plat_random(drawn, sizeof(drawn));
    for (size_t i = 0; i < KEY_ID_LETTERS; i++)
        id[i] = letters[drawn[i] & 31];
    return span_str(arena_printf(a, "AKIA%s", id));
}

static enum err account_of(struct control_call *call, struct span *out)
{
    struct span account = control_arg(call, "account");
    uint64_t number;
    if (account.len == 0)
        account = SPAN_LIT(CONTROL_ACCOUNT_DEFAULT);
    *out = account;
    if (account.len == ACCOUNT_LENGTH && text_to_u64(account, UINT64_MAX, &number) == ERR_OK)
        return ERR_OK;
    return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                          "account: expected 12 digits");
}

/* What --output writes: a credentials file as AWS's clients read it. */
static void add_file(struct control_call *call, struct span id, struct span secret)
{
    struct span file = span_str(arena_printf(call->a,
                                             "[default]\naws_access_key_id = %.*s\n"
                                             "aws_secret_access_key = %.*s\n",
                                             SPAN_ARG(id), SPAN_ARG(secret)));
    control_set_span(call->result, "data", text_base64(call->a, file));
}

enum err control_key_create(struct control_call *call)
{
    struct control *c = call->control;
    uint8_t drawn[KEY_RANDOM];
    char created[32];
    struct span account;
    TRY(account_of(call, &account));
    if (json_array_size(c->keys) >= CONTROL_KEYS_MAX)
        return control_refuse(call, 409, "LimitExceeded", REASON_CONTROL_ARGUMENT,
                              "there are %d access keys: revoke one", CONTROL_KEYS_MAX);
    plat_random(drawn, sizeof(drawn));
    struct span id = new_id(call->a), secret = text_base64(call->a, span_of(drawn, sizeof(drawn)));
    mem_wipe(drawn, sizeof(drawn));
    struct span sealed = sealed_text(call, id, secret);
    if (arena_failed(call->a))
        return ERR_NOMEM;
    utime_to_iso(plat_now(), created);
    json_t *key =
        json_pack("{s:s, s:s}", "created", created, "account", arena_dup_str(call->a, account));
    control_set_span(key, "id", id);
    control_set_span(key, "sealed", sealed);
    json_array_append_new(c->keys, key);
    enum err e = keep_keys(call);
    if (e != ERR_OK) {
        json_array_remove(c->keys, json_array_size(c->keys) - 1);
        return e;
    }
    call->result = json_pack("{s:s}", "account", arena_dup_str(call->a, account));
    control_set_span(call->result, "access_key_id", id);
    control_set_span(call->result, "secret_access_key", secret);
    add_file(call, id, secret);
    return ERR_OK;
}

/* The key file is the parent's, which seals the master keys anew under another one. */
enum err control_key_file_rotate(struct control_call *call)
{
    struct control_outcome outcome;
    struct plat_msg reply;
    enum err e = plat_channel_call(call->control->env.serve, CONTROL_NEW_KEY, SPAN_NONE,
                                   KEY_FILE_TIMEOUT, call->a, &reply);
    if (e == ERR_OK)
        e = control_outcome_decode(reply.payload, &outcome);
    if (e == ERR_OK && outcome.err != ERR_OK)
        return control_refuse(call, 500, "NotSaved", REASON_SERVER_FAILED,
                              "the key file cannot be exchanged: %.*s", SPAN_ARG(outcome.text));
    TRY(e);
    call->result =
        json_pack("{s:s}", "sentence",
                  "There is a new key file: keep a copy of it, and the former one as long as "
                  "the backups that were made under it.");
    return ERR_OK;
}

enum err control_key_list(struct control_call *call)
{
    size_t i;
    json_t *key;
    call->result = json_array();
    json_array_foreach(call->control->keys, i, key) json_array_append_new(
        call->result, json_pack("{s:s, s:s, s:s}", "access_key_id", text_of(key, "id"), "account",
                                text_of(key, "account"), "created", text_of(key, "created")));
    return ERR_OK;
}

enum err control_key_revoke(struct control_call *call)
{
    struct control *c = call->control;
    struct span id = control_arg(call, "id");
    size_t at = place_of(c, id);
    if (at == json_array_size(c->keys))
        return control_refuse(call, 404, "NotFound", REASON_API_KEY_UNKNOWN,
                              "there is no access key %.*s", SPAN_ARG(id));
    json_t *key = json_incref(json_array_get(c->keys, at));
    json_array_remove(c->keys, at);
    enum err e = keep_keys(call);
    if (e != ERR_OK)
        json_array_insert(c->keys, at, key);
    json_decref(key);
    return e;
}
