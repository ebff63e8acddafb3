#include "kdc/kdc_accounts.h"

#include "base/text.h"
#include "kdc/kdc_request.h"
#include "kdc/kdc_template.h"

#define RID_KRBTGT 502

struct account_node {
    struct kdc_node node;
    uint64_t snap; /* at which it was last found to hold */
    uint64_t usn, names_epoch;
    struct kdc_account account;
    size_t size; /* of this block */
    uint8_t rest[];
};

static struct account_node *node_of(struct kdc_account *a)
{
    return (struct account_node *)(uintptr_t)((uint8_t *)a -
                                              offsetof(struct account_node, account));
}

static void drop(struct kdc_node *n)
{
    struct account_node *e = (struct account_node *)n;
    kdc_template_free(e->account.pac);
    mem_wipe(e, e->size);
    free(e);
}

void kdc_accounts_init(struct kdc_table *t)
{
    kdc_table_init(t, KDC_ACCOUNTS_BYTES, drop);
}

const struct krb_key *kdc_keys_find(const struct kdc_keys *k, unsigned version, int32_t etype)
{
    if (version >= k->versions)
        return NULL;
    for (uint32_t i = 0; i < k->version[version].count; i++) {
        const struct krb_key *key = &k->key[k->version[version].first + i];
        if (key->etype == etype)
            return key;
    }
    return NULL;
}

/* What an account that says nothing supports: AES, and RC4 where the directory allows it.
 * Interdomain accounts and old clients set the attribute; it then rules alone. */
static uint32_t supported(const struct kdc_domain *d, const struct dir_account *facts)
{
    uint32_t known = ENCTYPE_BIT_RC4 | ENCTYPE_BIT_AES128 | ENCTYPE_BIT_AES256;
    uint32_t rc4 = d->settings.allow_rc4 ? ENCTYPE_BIT_RC4 : 0;
    if (facts->enctypes & known)
        return facts->enctypes;
    return facts->enctypes | ENCTYPE_BIT_AES128 | ENCTYPE_BIT_AES256 | rc4;
}

/* --- one entry ----------------------------------------------------------------------------------
 */

/* The NT hash is the RC4 key of the current version; our own tickets are never in RC4, whatever is
 * allowed. */
static enum err add_rc4(const struct kdc_domain *d, const struct dir_account *facts,
                        struct dir_account_keys *keys)
{
    struct dir_keyset *current = &keys->version[0];
    if (!d->settings.allow_rc4 || facts->sid.sub[facts->sid.count - 1] == RID_KRBTGT ||
        !keys->have_nt || keys->versions == 0 || current->count == DIR_KEYS_MAX)
        return ERR_OK;
    TRY(krb_key_make(ETYPE_RC4_HMAC, span_of(keys->nt_hash, sizeof(keys->nt_hash)),
                     &current->key[current->count]));
    current->count++;
    return ERR_OK;
}

static enum err open_keys(const struct kdc_domain *d, const struct dir_snap *s,
                          const struct dir_account *facts, struct arena *scratch,
                          struct dir_account_keys **out)
{
    struct dir_account_keys *keys = arena_new(scratch, struct dir_account_keys);
    if (!keys)
        return ERR_NOMEM;
    enum err e = dir_account_keys(s, DIR_SECRET_ACCOUNT, facts->id, scratch, keys);
    if (e == ERR_OK)
        e = add_rc4(d, facts, keys);
    else if (e == ERR_NOT_FOUND)
        e = ERR_OK;
    *out = keys;
    return e;
}

static uint32_t key_count(const struct dir_account_keys *keys)
{
    uint32_t n = 0;
    for (unsigned v = 0; v < keys->versions; v++)
        n += keys->version[v].count;
    return n;
}

/* Copies into the entry's own memory, from *at on. */
static struct span keep(uint8_t **at, struct span text)
{
    struct span kept = span_of(*at, text.len);
    if (text.len == 0)
        return SPAN_NONE;
    memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return kept;
}

static void keep_keys(struct kdc_keys *out, const struct dir_account_keys *keys, uint8_t **at)
{
    struct krb_key *to = (struct krb_key *)(void *)*at;
    uint32_t n = 0;
    out->versions = keys->versions;
    out->key = to;
    for (unsigned v = 0; v < keys->versions; v++) {
        const struct dir_keyset *set = &keys->version[v];
        out->version[v].kvno = set->kvno;
        out->version[v].first = n;
        out->version[v].count = set->count;
        for (unsigned i = 0; i < set->count; i++)
            to[n++] = set->key[i];
    }
    *at += n * sizeof(*to);
}

static enum err make(const struct kdc_domain *d, const struct dir_snap *s, const struct dir_obj *o,
                     struct arena *scratch, struct account_node **out)
{
    struct dir_account facts;
    struct dir_account_keys *keys;
    struct span stations = SPAN_NONE;
    TRY(dir_account_of(s, o, &facts));
    TRY(open_keys(d, s, &facts, scratch, &keys));
    (void)dir_attr_first(o, ATTR_userWorkstations, &stations);
    struct span salt = keys->versions ? keys->version[0].salt : SPAN_NONE;
    size_t size = sizeof(struct account_node) + key_count(keys) * sizeof(struct krb_key) +
                  facts.sam_name.len + facts.upn.len + facts.logon_hours.len + stations.len +
                  salt.len;
    struct account_node *e = calloc(1, size);
    if (!e)
        return ERR_NOMEM;
    uint8_t *at = e->rest;
    e->size = size;
    e->node = (struct kdc_node){.hash = o->id * 2654435761u >> 8, .bytes = (uint32_t)size};
    e->snap = s->id;
    e->usn = dir_obj_usn(o);
    e->names_epoch = d->names_epoch;
    struct kdc_account *a = &e->account;
    keep_keys(&a->keys, keys, &at);
    a->keys.salt = keep(&at, salt);
    a->facts = facts;
    a->facts.sam_name = keep(&at, facts.sam_name);
    a->facts.upn = keep(&at, facts.upn);
    a->facts.logon_hours = keep(&at, facts.logon_hours);
    a->workstations = keep(&at, stations);
    a->logon_kept = dir_attr_i64(o, ATTR_lastLogonTimestamp, 0);
    a->sd_id = o->sd_id;
    a->enctypes = supported(d, &facts);
    *out = e;
    return ERR_OK;
}

/* --- the cache ----------------------------------------------------------------------------------
 */

static struct account_node *find(const struct kdc_table *t, dir_id id)
{
    for (struct kdc_node *n = kdc_table_first(t, id * 2654435761u >> 8); n; n = n->next) {
        struct account_node *e = (struct account_node *)n;
        if (e->account.facts.id == id)
            return e;
    }
    return NULL;
}

static enum err refresh(struct kdc_table *t, const struct kdc_domain *d, const struct dir_snap *s,
                        dir_id id, struct account_node *e, struct arena *scratch,
                        struct account_node **out)
{
    struct dir_obj o;
    struct account_node *fresh;
    enum err found = dir_by_id(s, id, &o);
    if (e && found == ERR_OK && e->usn == dir_obj_usn(&o) && e->names_epoch == d->names_epoch) {
        e->snap = s->id;
        *out = e;
        return ERR_OK;
    }
    if (e)
        kdc_table_remove(t, &e->node);
    TRY(found);
    TRY(make(d, s, &o, scratch, &fresh));
    enum err added = kdc_table_add(t, &fresh->node);
    if (added != ERR_OK) {
        drop(&fresh->node);
        return added;
    }
    *out = fresh;
    return ERR_OK;
}

enum err kdc_accounts_get(struct kdc_table *t, const struct kdc_domain *d, const struct dir_snap *s,
                          dir_id id, struct arena *scratch, struct kdc_account **out)
{
    struct account_node *e = find(t, id);
    if (!e || e->snap != s->id)
        TRY(refresh(t, d, s, id, e, scratch, &e));
    e->node.used = true;
    *out = &e->account;
    return ERR_OK;
}

void kdc_accounts_keep_pac(struct kdc_table *t, struct kdc_account *a, struct kdc_template *pac)
{
    struct account_node *e = node_of(a);
    kdc_template_free(a->pac);
    a->pac = pac;
    kdc_table_resize(t, &e->node, (uint32_t)(e->size + (pac ? pac->bytes : 0)));
}
