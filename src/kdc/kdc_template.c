#include "kdc/kdc_template.h"

#include "base/text.h"
#include "directory/volatile.h"
#include "kdc/kdc_request.h"

void kdc_template_free(struct kdc_template *t)
{
    free(t);
}

static bool holds(const struct kdc_request *r, struct kdc_template *t, int64_t can_change,
                  int64_t must_change, const struct kdc_template_spec *spec)
{
    if (t->cksumtype != spec->cksumtype || t->can_change != can_change ||
        t->must_change != must_change || !span_eq(t->name, spec->client_name) ||
        !dir_memberships_current(&r->snap, t->visited, t->visited_count, t->usn))
        return false;
    if (dir_snap_usn(&r->snap) > t->usn)
        t->usn = dir_snap_usn(&r->snap);
    return true;
}

/* One block: the header, then ids, PAC and name. */
static enum err keep(const struct kdc_template *head, const struct dir_memberships *m,
                     const uint8_t *pac, struct kdc_template **out)
{
    size_t bytes =
        sizeof(*head) + m->visited_count * sizeof(dir_id) + head->layout.size + head->name.len;
    struct kdc_template *t = malloc(bytes);
    if (!t)
        return ERR_NOMEM;
    *t = *head;
    dir_id *visited = (dir_id *)(t + 1);
    uint8_t *at = (uint8_t *)(visited + m->visited_count);
    memcpy(visited, m->visited, m->visited_count * sizeof(dir_id));
    memcpy(at, pac, t->layout.size);
    memcpy(at + t->layout.size, head->name.ptr, head->name.len);
    t->bytes = (uint32_t)bytes;
    t->visited = visited;
    t->visited_count = m->visited_count;
    t->pac = at;
    t->name = span_of(at + t->layout.size, head->name.len);
    *out = t;
    return ERR_OK;
}

static enum err build(struct kdc_request *r, const struct kdc_account *client,
                      const struct kdc_template_spec *spec, struct kdc_template *head,
                      struct kdc_template **out)
{
    struct dir_memberships groups;
    uint8_t *bytes;
    TRY(kdc_memberships(r, client->facts.id, &groups));
    struct kdc_pac_spec fresh = {
        .policy = spec->policy,
        .groups = &groups,
        .client_name = spec->client_name,
        .is_tgt = true,
        .server_cksumtype = spec->cksumtype,
        .kdc_cksumtype = spec->cksumtype,
    };
    TRY(kdc_pac_initial(r, client, &fresh, &bytes, &head->layout));
    head->usn = dir_snap_usn(&r->snap);
    head->protected_user = groups.protected_user;
    head->cksumtype = spec->cksumtype;
    head->name = spec->client_name;
    return keep(head, &groups, bytes, out);
}

enum err kdc_template_get(struct kdc_request *r, struct kdc_account *client,
                          const struct kdc_template_spec *spec, const struct kdc_template **out)
{
    const struct dir_account *f = &client->facts;
    struct kdc_template *made;
    struct kdc_template head = {
        .can_change = f->pwd_last_set ? f->pwd_last_set + spec->policy->min_age : 0,
        .must_change = policy_password_expiry(f->uac, f->pwd_last_set, spec->policy)};
    if (client->pac && holds(r, client->pac, head.can_change, head.must_change, spec)) {
        *out = client->pac;
        return ERR_OK;
    }
    TRY(build(r, client, spec, &head, &made));
    kdc_accounts_keep_pac(&r->kdc->accounts, client, made);
    *out = made;
    return ERR_OK;
}

enum err kdc_template_fill(struct kdc_request *r, const struct kdc_account *client,
                           const struct kdc_template *t, int64_t authtime, uint32_t attributes,
                           uint8_t **pac_out, struct pac_layout *layout_out)
{
    struct vol_state state;
    uint8_t *pac = arena_dup(r->a, t->pac, t->layout.size);
    if (!pac)
        return ERR_NOMEM;
    vol_get(r->kdc->env.dir, client->facts.id, &state);
    pac_set_times(pac, &t->layout, authtime, false);
    pac_set_counts(pac, &t->layout, auth_logon_count(&state), (uint16_t)state.bad_count);
    pac_set_attributes(pac, &t->layout, attributes);
    *pac_out = pac;
    *layout_out = t->layout;
    return ERR_OK;
}
