#include "dns/dns_forward.h"

#include "dns/dns_hash.h"
#include "dns/dns_job.h"
#include "plat/clock.h"
#include "plat/random.h"

#define LOOP_LETTERS_MIN 10 /* fewer letters: their case could agree by chance */

enum err dns_forward_new(const struct dns_forward_setup *setup, struct dns_forward **out)
{
    struct dns_forward *f = calloc(1, sizeof(*f));
    if (!f)
        return ERR_NOMEM;
    f->setup = *setup;
    f->seed = plat_random_u64();
    enum err e = dns_dial_new(f);
    if (e != ERR_OK) {
        dns_forward_free(f);
        return e;
    }
    *out = f;
    return ERR_OK;
}

static void free_job(struct dns_job *job)
{
    for (size_t i = 0; i < job->attempt_count; i++)
        dns_attempt_end(&job->attempts[i]);
    plat_timer_free(job->timer);
    arena_fini(&job->arena);
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->f->jobs--;
    free(job);
}

static void unlink_waiter(struct dns_waiter *w)
{
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->link = NULL;
    w->forward->waiters--;
}

void dns_forward_done(struct dns_job *job, const struct dns_body *body)
{
    while (job->waiters) {
        struct dns_waiter *w = job->waiters;
        unlink_waiter(w);
        w->done(w, body);
    }
    free_job(job);
}

void dns_forward_free(struct dns_forward *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < DNS_JOB_BUCKETS; i++) {
        while (f->buckets[i])
            dns_forward_done(f->buckets[i], NULL);
    }
    dns_dial_free(f);
    free(f);
}

void dns_forward_cancel(struct dns_waiter *w)
{
    if (w->link)
        unlink_waiter(w);
}

void dns_forward_rerouted(struct dns_forward *f)
{
    f->generation++;
}

unsigned dns_forward_jobs(const struct dns_forward *f)
{
    return f->jobs;
}

/* --- a new question --------------------------------------------------------------------------- */

static struct dns_job **bucket_of(struct dns_forward *f, struct span name, uint16_t type)
{
    return &f->buckets[dns_hash(f->seed, name, type) % DNS_JOB_BUCKETS];
}

static struct dns_job *find_job(struct dns_forward *f, struct span name, uint16_t type)
{
    for (struct dns_job *job = *bucket_of(f, name, type); job; job = job->next) {
        if (job->type == type && span_eq(dns_name_span(&job->name), name))
            return job;
    }
    return NULL;
}

static unsigned letters_in(struct span name)
{
    unsigned n = 0;
    for (size_t i = 0; i < name.len; i++)
        n += (name.ptr[i] | 0x20) >= 'a' && (name.ptr[i] | 0x20) <= 'z';
    return n;
}

/* A question that comes from the very server that we are waiting for, or that has the random case
 * which we gave ours: somebody forwards to us what we forward to him. */
static bool is_loop(const struct dns_job *job, struct span asked, const struct plat_addr *client)
{
    for (size_t i = 0; i < job->attempt_count; i++) {
        const struct dns_attempt *a = &job->attempts[i];
        struct span sent = dns_name_span(&a->x.name);
        if (!a->pending)
            continue;
        if (plat_addr_same_host(client, &a->server->addr))
            return true;
        if (span_eq(sent, asked) && !span_eq(sent, job->hop_name) &&
            letters_in(sent) >= LOOP_LETTERS_MIN)
            return true;
    }
    return false;
}

static bool already_waits(const struct dns_job *job, const struct dns_waiter *w)
{
    for (const struct dns_waiter *other = job->waiters; other; other = other->next) {
        if (other->id == w->id && plat_addr_eq(&other->client, &w->client))
            return true;
    }
    return false;
}

static void join(struct dns_job *job, struct dns_waiter *w)
{
    w->next = job->waiters;
    w->link = &job->waiters;
    if (w->next)
        w->next->link = &w->next;
    job->waiters = w;
    w->forward = job->f;
    w->forward->waiters++;
}

static enum err new_job(struct dns_forward *f, struct span name, uint16_t type,
                        const struct dns_lookup *prefix, struct dns_job **out)
{
    if (f->jobs >= f->setup.limits.jobs_max)
        return ERR_BUSY;
    struct dns_job *job = calloc(1, sizeof(*job));
    if (!job)
        return ERR_NOMEM;
    job->timer = plat_timer_new(f->setup.loop, dns_job_tick, job);
    if (!job->timer) {
        free(job);
        return ERR_NOMEM;
    }
    struct dns_job **bucket = bucket_of(f, name, type);
    job->f = f;
    job->type = type;
    job->generation = f->generation;
    dns_name_copy(name, &job->name);
    arena_init(&job->arena, 0, DNS_JOB_MEMORY, 0);
    job->next = *bucket;
    job->link = bucket;
    if (job->next)
        job->next->link = &job->next;
    *bucket = job;
    f->jobs++;
    dns_resolution_init(&job->res, dns_name_span(&job->name), type);
    if (prefix->answer.section[DNS_SECTION_ANSWER].count > 0 &&
        dns_resolution_take_local(&job->res, prefix, &job->arena) != DNS_STEP_NEXT) {
        free_job(job);
        return ERR_NOMEM;
    }
    *out = job;
    return ERR_OK;
}

enum err dns_forward_ask(struct dns_forward *f, struct span qname, struct span asked, uint16_t type,
                         const struct dns_lookup *prefix, struct dns_waiter *w)
{
    struct dns_job *job = find_job(f, qname, type);
    if (job && is_loop(job, asked, &w->client)) {
        dns_job_report(job, REASON_DNS_FORWARD_LOOP, NULL);
        return ERR_STATE;
    }
    if (job && already_waits(job, w))
        return ERR_EXISTS;
    if (f->waiters >= f->setup.limits.waiters_max)
        return ERR_BUSY;
    if (!job) {
        TRY(new_job(f, qname, type, prefix, &job));
        job->deadline = plat_mono() + f->setup.limits.deadline;
        plat_timer_start(job->timer, 0, 0);
    }
    join(job, w);
    return ERR_OK;
}
