#include "directory/new_sd.h"

#include "wire/ms/sddl.h"
#include "wire/ms/secdesc.h"

#define DEFAULTS     8192 /* more than there can be classes (SCHEMA_MORE_MAX): never full */
#define RECENT       16
#define DEFAULTS_MAX (8u << 20)
#define RESULTS_MAX  (1u << 20) /* 16 of the largest */

struct recent {
    uint32_t class_id, parent_sd_id;
    struct sid owner, group;
    struct span sd;
};

struct new_sd {
    struct sid domain, forest_root;
    struct arena texts;   /* parsed defaults */
    struct arena results; /* of recent; emptied when full */
    struct {
        uint32_t class_id;
        bool used;
        struct span sd;
    } defaults[DEFAULTS];
    struct recent recent[RECENT];
    unsigned next;
};

struct new_sd *new_sd_new(const struct sid *domain, const struct sid *forest_root)
{
    struct new_sd *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->domain = *domain;
    m->forest_root = *forest_root;
    arena_init(&m->texts, 64 << 10, DEFAULTS_MAX, 0);
    arena_init(&m->results, 64 << 10, RESULTS_MAX, 0);
    return m;
}

void new_sd_free(struct new_sd *m)
{
    if (!m)
        return;
    arena_fini(&m->texts);
    arena_fini(&m->results);
    free(m);
}

enum err new_sd_parse(struct new_sd *m, struct span sddl, struct arena *a, struct span *out)
{
    const struct sddl_domain names = {&m->domain, &m->forest_root};
    struct builder b;
    builder_in(&b, a, SD_MAX);
    TRY(sddl_parse(sddl, &names, a, &b));
    return builder_done(&b, out);
}

enum err new_sd_default(struct new_sd *m, const struct schema_class *cls, struct span *out)
{
    unsigned i = (cls->id * 2654435761u) % DEFAULTS;
    while (m->defaults[i].used && m->defaults[i].class_id != cls->id)
        i = (i + 1) % DEFAULTS;
    if (!m->defaults[i].used) {
        struct span sd = SPAN_NONE;
        if (cls->default_sd)
            TRY(new_sd_parse(m, span_str(cls->default_sd), &m->texts, &sd));
        m->defaults[i].class_id = cls->id;
        m->defaults[i].sd = sd;
        m->defaults[i].used = true;
    }
    *out = m->defaults[i].sd;
    return ERR_OK;
}

static bool matches(const struct recent *r, const struct new_sd_args *in)
{
    return r->sd.len && r->class_id == in->cls->id && r->parent_sd_id == in->parent_sd_id &&
           sid_eq(&r->owner, &in->owner) && sid_eq(&r->group, &in->group);
}

static void remember(struct new_sd *m, const struct new_sd_args *in, struct span sd)
{
    if (m->results.used_total + sd.len > RESULTS_MAX / 2) {
        memset(m->recent, 0, sizeof m->recent);
        arena_reset(&m->results);
    }
    struct span copy = arena_dup_span(&m->results, sd);
    if (!copy.len)
        return;
    m->recent[m->next] = (struct recent){in->cls->id, in->parent_sd_id, in->owner, in->group, copy};
    m->next = (m->next + 1) % RECENT;
}

enum err new_sd_make(struct new_sd *m, const struct new_sd_args *in, struct arena *a,
                     struct span *out)
{
    bool keep = !in->creator_sd.len && in->parent_sd_id;
    for (unsigned i = 0; keep && i < RECENT; i++)
        if (matches(&m->recent[i], in)) {
            *out = arena_dup_span(a, m->recent[i].sd);
            return out->len ? ERR_OK : ERR_NOMEM;
        }
    struct access_create c = {.parent_sd = in->parent_sd,
                              .creator_sd = in->creator_sd,
                              .object_class = &in->cls->guid,
                              .owner = in->owner,
                              .group = in->group};
    TRY(new_sd_default(m, in->cls, &c.class_default));
    struct span sd;
    TRY(access_create_sd(&c, a, &sd));
    if (keep)
        remember(m, in, sd);
    *out = sd;
    return ERR_OK;
}
