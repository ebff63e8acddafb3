#include "kdc/kdc_logons.h"

#include "base/text.h"

/* One block each: the header, then what it points to. */
struct kdc_logon_local {
    uint32_t bytes;
    uint64_t usn; /* at which the set was last found to hold */
    struct dir_local_set set;
    struct span form[AUTH_LOGON_FORMS]; /* ptr NULL: not made yet; of memory of their own */
};

static void drop_local(struct kdc_logon_local *l)
{
    for (unsigned i = 0; l && i < AUTH_LOGON_FORMS; i++)
        free((void *)(uintptr_t)l->form[i].ptr);
    free(l);
}

static void drop(struct kdc_node *n)
{
    struct kdc_logon *l = (struct kdc_logon *)n;
    drop_local(l->local);
    free(l);
}

void kdc_logons_init(struct kdc_table *t)
{
    kdc_table_init(t, KDC_LOGONS_BYTES, drop);
}

/* --- finding ------------------------------------------------------------------------------------
 */

/* Both ends of each part, which tell users apart; a thousand groups in between are compared, not
 * hashed. */
#define HASHED 256

static uint32_t hash_of(dir_id trust, const struct span parts[PAC_STEADY_PARTS])
{
    uint32_t h = trust;
    for (unsigned i = 0; i < PAC_STEADY_PARTS; i++) {
        size_t len = parts[i].len;
        h = kdc_hash(h ^ len, span_sub(parts[i], 0, HASHED));
        if (len > HASHED)
            h = kdc_hash(h, span_sub(parts[i], len - HASHED, HASHED));
    }
    return h;
}

static bool is(const struct kdc_logon *l, dir_id trust, const struct span parts[PAC_STEADY_PARTS])
{
    struct span own[PAC_STEADY_PARTS];
    if (l->trust != trust || l->once || pac_logon_steady(l->came, own) != ERR_OK)
        return false;
    for (unsigned i = 0; i < PAC_STEADY_PARTS; i++) {
        if (!span_eq(own[i], parts[i]))
            return false;
    }
    return true;
}

struct kdc_logon *kdc_logons_find(struct kdc_table *t, const struct kdc_domain *d, dir_id trust,
                                  const struct dir_snap *s, struct span came)
{
    struct span parts[PAC_STEADY_PARTS];
    if (pac_logon_steady(came, parts) != ERR_OK)
        return NULL;
    uint32_t hash = hash_of(trust, parts);
    for (struct kdc_node *n = kdc_table_first(t, hash); n; n = n->next) {
        struct kdc_logon *l = (struct kdc_logon *)n;
        if (n->hash != hash || !is(l, trust, parts))
            continue;
        if (l->names_epoch != d->names_epoch || (trust && l->trusts_epoch != s->epochs.trusts)) {
            kdc_table_remove(t, n);
            return NULL;
        }
        n->used = true;
        return l;
    }
    return NULL;
}

enum err kdc_logons_add(struct kdc_table *t, const struct kdc_domain *d, const struct dir_snap *s,
                        const struct kdc_logon *head, struct kdc_logon **out)
{
    struct span parts[PAC_STEADY_PARTS];
    size_t size =
        sizeof(*head) + head->sid_count * sizeof(struct sid) + head->came.len + head->passed.len;
    TRY(pac_logon_steady(head->came, parts));
    struct kdc_logon *l = malloc(size);
    if (!l)
        return ERR_NOMEM;
    *l = *head;
    struct sid *sids = (struct sid *)(l + 1);
    uint8_t *bytes = (uint8_t *)(sids + l->sid_count);
    memcpy(sids, head->sids, l->sid_count * sizeof(*sids));
    memcpy(bytes, head->came.ptr, head->came.len);
    memcpy(bytes + head->came.len, head->passed.ptr, head->passed.len);
    l->node = (struct kdc_node){.hash = hash_of(head->trust, parts), .bytes = (uint32_t)size};
    l->sids = sids;
    l->came = span_of(bytes, head->came.len);
    l->passed = span_of(bytes + head->came.len, head->passed.len);
    l->names_epoch = d->names_epoch;
    l->trusts_epoch = s->epochs.trusts;
    enum err e = kdc_table_add(t, &l->node);
    if (e != ERR_OK) {
        drop(&l->node);
        return e;
    }
    l->node.used = !l->once;
    *out = l;
    return ERR_OK;
}

/* --- domain-local groups ------------------------------------------------------------------------
 */

static void *keep(uint8_t **at, const void *from, size_t len)
{
    void *to = *at;
    if (len)
        memcpy(to, from, len);
    *at += len;
    return to;
}

static struct kdc_logon_local *copy_set(const struct dir_local_set *set, uint64_t usn)
{
    size_t groups = set->count * sizeof(*set->groups);
    size_t visited = set->visited_count * sizeof(*set->visited);
    size_t unknown = set->unknown_count * sizeof(*set->unknown);
    struct kdc_logon_local *l = calloc(1, sizeof(*l) + groups + visited + unknown);
    if (!l)
        return NULL;
    uint8_t *at = (uint8_t *)(l + 1);
    l->bytes = (uint32_t)(sizeof(*l) + groups + visited + unknown);
    l->usn = usn;
    l->set = *set;
    l->set.groups = keep(&at, set->groups, groups);
    l->set.visited = keep(&at, set->visited, visited);
    l->set.unknown = keep(&at, set->unknown, unknown);
    return l;
}

/* Makes l->local what the snapshot says. */
static enum err look(struct kdc_table *t, struct kdc_logon *l, const struct dir_snap *s,
                     struct arena *scratch)
{
    struct dir_local_set set;
    if (l->local && dir_local_set_current(s, l->sids, &l->local->set, l->local->usn)) {
        l->local->usn = dir_snap_usn(s) > l->local->usn ? dir_snap_usn(s) : l->local->usn;
        return ERR_OK;
    }
    TRY(dir_local_set_make(s, l->sids, l->sid_count, scratch, &set));
    struct kdc_logon_local *fresh = copy_set(&set, dir_snap_usn(s));
    if (!fresh)
        return ERR_NOMEM;
    uint32_t bytes = l->node.bytes;
    if (l->local) {
        bytes -= l->local->bytes;
        drop_local(l->local);
    }
    l->local = fresh;
    kdc_table_resize(t, &l->node, bytes + fresh->bytes);
    return ERR_OK;
}

static enum err encode(const struct kdc_logon *l, const struct sid *domain,
                       enum auth_logon_form form, struct arena *scratch, struct span *out)
{
    struct pac_logon_info info;
    struct builder b;
    const struct dir_local_set *set = &l->local->set;
    TRY(pac_logon_info(l->passed, scratch, &info));
    TRY(auth_logon_add_groups(&info, set->groups, set->count, domain, form, scratch));
    builder_in(&b, scratch, PAC_MAX);
    pac_put_logon_info(&b, &info);
    return builder_done(&b, out);
}

enum err kdc_logons_for_service(struct kdc_table *t, struct kdc_logon *l, const struct dir_snap *s,
                                const struct sid *domain, enum auth_logon_form form,
                                struct arena *scratch, struct span *out)
{
    struct span made;
    TRY(look(t, l, s, scratch));
    if (l->local->set.count == 0) {
        *out = l->passed;
        return ERR_OK;
    }
    if (!l->local->form[form].ptr) {
        TRY(encode(l, domain, form, scratch, &made));
        uint8_t *kept = malloc(made.len);
        if (!kept)
            return ERR_NOMEM;
        memcpy(kept, made.ptr, made.len);
        l->local->form[form] = span_of(kept, made.len);
        l->local->bytes += (uint32_t)made.len;
        kdc_table_resize(t, &l->node, l->node.bytes + (uint32_t)made.len);
    }
    *out = l->local->form[form];
    return ERR_OK;
}
