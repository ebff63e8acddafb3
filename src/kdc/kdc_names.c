#include "kdc/kdc_names.h"

#include "directory/account.h"
#include "kdc/kdc_table.h"

#define SET 4

struct kdc_name_slot {
    uint64_t snap; /* 0: empty */
    dir_id account;
    uint8_t kind, len;
    uint8_t name[KDC_NAME_KEPT];
};
_Static_assert(sizeof(struct kdc_name_slot) == 80, "no holes");

void kdc_names_init(struct kdc_names *n)
{
    *n = (struct kdc_names){0};
}

void kdc_names_fini(struct kdc_names *n)
{
    free(n->slots);
    n->slots = NULL;
}

static uint32_t set_of(enum kdc_name_kind kind, struct span name)
{
    return kdc_hash(kind, name) % (KDC_NAMES / SET) * SET;
}

static enum err look_up(const struct dir_snap *s, enum kdc_name_kind kind, struct span name,
                        dir_id *out)
{
    struct dir_account found;
    if (kind == KDC_NAME_SAM)
        TRY(dir_account_by_sam(s, name, &found));
    else if (kind == KDC_NAME_UPN)
        TRY(dir_account_by_upn(s, name, &found));
    else
        TRY(dir_account_by_spn(s, name, &found));
    *out = found.id;
    return ERR_OK;
}

static bool is(const struct kdc_name_slot *slot, enum kdc_name_kind kind, struct span name)
{
    return slot->kind == kind && slot->len == name.len &&
           memcmp(slot->name, name.ptr, name.len) == 0;
}

/* The slot of this name, else one to overwrite. */
static struct kdc_name_slot *choose(struct kdc_names *n, const struct dir_snap *s,
                                    enum kdc_name_kind kind, struct span name)
{
    struct kdc_name_slot *set = &n->slots[set_of(kind, name)], *old = NULL;
    for (unsigned i = 0; i < SET; i++) {
        if (set[i].snap && is(&set[i], kind, name))
            return &set[i];
        if (set[i].snap != s->id)
            old = &set[i];
    }
    return old ? old : &set[n->turn++ % SET];
}

enum err kdc_names_find(struct kdc_names *n, const struct dir_snap *s, enum kdc_name_kind kind,
                        struct span name, dir_id *out)
{
    struct kdc_name_slot *slot;
    dir_id found;
    if (!n->slots)
        n->slots = calloc(KDC_NAMES, sizeof(*n->slots));
    if (!n->slots || name.len == 0 || name.len > KDC_NAME_KEPT || s->id == 0)
        return look_up(s, kind, name, out);
    slot = choose(n, s, kind, name);
    if (slot->snap == s->id && is(slot, kind, name)) {
        *out = slot->account;
        return ERR_OK;
    }
    TRY(look_up(s, kind, name, &found));
    *slot = (struct kdc_name_slot){
        .snap = s->id, .account = found, .kind = (uint8_t)kind, .len = (uint8_t)name.len};
    memcpy(slot->name, name.ptr, name.len);
    *out = found;
    return ERR_OK;
}
