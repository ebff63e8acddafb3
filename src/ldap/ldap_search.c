/*
 * Search: the root, the base object, entries until a limit or the end, pages.
 */
#include "base/text.h"
#include "directory/links.h"
#include "ldap/ldap_internal.h"

#define EXAMINE      512 /* candidates in one turn without a match */
#define TURN_ENTRIES 256 /* entries until other connections have their turn */

static enum err paged_control(struct ldap_request *rq, bool more, struct ldap_control *out)
{
    struct builder b;
    struct ldap_paged value = {.cookie =
                                   more ? span_of(&rq->cookie, sizeof(rq->cookie)) : SPAN_LIT("")};
    *out = (struct ldap_control){.oid = SPAN_LIT(LDAP_CONTROL_PAGED)};
    builder_in(&b, &rq->values, 256);
    ldap_put_paged(&b, &value);
    return builder_done(&b, &out->value);
}

static enum err finish(struct ldap_request *rq, uint32_t code, const char *text, bool more)
{
    struct ldap_control controls[3];
    uint32_t count = 0;
    if (rq->options.paged)
        TRY(paged_control(rq, more, &controls[count++]));
    TRY(ldap_sort_controls(rq, controls, &count));
    return ldap_reply_with(rq, code, text, SPAN_NONE, controls, count);
}

/* --- pages -------------------------------------------------------------------------------------
 */

static enum err keep_for_next_page(struct ldap_request *rq, dir_id found)
{
    struct ldap_session *ss = rq->session;
    struct ldap_request **last = &ss->pages;
    unsigned count = 0;
    rq->held = found;
    if (rq->cookie == 0)
        rq->cookie = ++ss->server->next_cookie;
    enum err e = finish(rq, LDAP_SUCCESS, NULL, true);
    if (e != ERR_OK)
        return e;
    ldap_request_pause(rq);
    rq->next = ss->pages;
    ss->pages = rq;
    for (; *last; count++) {
        if (count < LDAP_PAGED_MAX) {
            last = &(*last)->next;
            continue;
        }
        struct ldap_request *oldest = *last;
        *last = oldest->next;
        ldap_request_free(oldest);
    }
    return ERR_BUSY;
}

void ldap_drop_pages(struct ldap_session *ss)
{
    while (ss->pages) {
        struct ldap_request *rq = ss->pages;
        ss->pages = rq->next;
        ldap_request_free(rq);
    }
}

static struct ldap_request *take_page(struct ldap_session *ss, struct span cookie)
{
    for (struct ldap_request **at = &ss->pages; *at; at = &(*at)->next) {
        struct ldap_request *rq = *at;
        if (!span_eq(cookie, span_of(&rq->cookie, sizeof(rq->cookie))))
            continue;
        *at = rq->next;
        rq->next = NULL;
        return rq;
    }
    return NULL;
}

/* --- the run -----------------------------------------------------------------------------------
 */

static enum err rest(struct ldap_request *rq)
{
    ldap_request_pause(rq);
    rq->session->running = rq;
    plat_conn_want(rq->session->conn);
    return ERR_BUSY;
}

static enum err put(struct ldap_request *rq, const struct dir_obj *o)
{
    struct builder b;
    ldap_response(rq, &b);
    TRY(ldap_entry_put(rq, o, &b));
    rq->sent++;
    rq->page_sent++;
    return ldap_send(rq->session, &b);
}

static uint32_t page_size(const struct ldap_request *rq)
{
    uint32_t asked = rq->options.page.size;
    return asked == 0 || asked > LDAP_PAGE_MAX ? LDAP_PAGE_MAX : asked;
}

/* One more was found than may be given. */
static enum err at_limit(struct ldap_request *rq, const struct dir_obj *o, bool *stopped_out)
{
    *stopped_out = true;
    if (rq->size_limit && rq->sent == rq->size_limit)
        return finish(rq, LDAP_SIZE_LIMIT_EXCEEDED, NULL, false);
    if (rq->options.paged && rq->page_sent == page_size(rq))
        return keep_for_next_page(rq, o->id);
    if (!rq->options.paged && rq->sent == LDAP_PAGE_MAX)
        return finish(rq, LDAP_SIZE_LIMIT_EXCEEDED, NULL, false);
    *stopped_out = false;
    return ERR_OK;
}

/* A range of a link attribute begins behind its last value (3.1.1.3.4.1.22). */
static enum err out_of_range(struct ldap_request *rq)
{
    return finish(rq, LDAP_OPERATIONS_ERROR,
                  "00000057: LdapErr: the range begins behind the last value", false);
}

static enum err found_one(struct ldap_request *rq, const struct dir_obj *o, bool *stopped_out)
{
    enum err e = at_limit(rq, o, stopped_out);
    if (*stopped_out)
        return e;
    e = put(rq, o);
    *stopped_out = e == ERR_RANGE;
    return *stopped_out ? out_of_range(rq) : e;
}

static enum err put_held(struct ldap_request *rq)
{
    struct dir_obj o;
    dir_id id = rq->held;
    rq->held = 0;
    if (id == 0 || dir_by_id(&rq->snap, id, &o) != ERR_OK ||
        (!rq->q.show_deleted && (o.flags & DIR_OBJ_DELETED)))
        return ERR_OK;
    return put(rq, &o);
}

/* References come last, as from Active Directory: Samba's clients take what comes first for the
 * entry. */
static enum err found_all(struct ldap_request *rq)
{
    if (dir_snap_err(&rq->snap) != ERR_OK)
        return ldap_reply(rq, LDAP_OPERATIONS_ERROR, NULL, SPAN_NONE);
    TRY(ldap_put_references(rq));
    return finish(rq, LDAP_SUCCESS, NULL, false);
}

static enum err run(struct ldap_request *rq)
{
    struct ldap_server *sv = rq->session->server;
    struct dir_obj o;
    TRY(ldap_request_read(rq));
    enum err e = put_held(rq);
    if (e == ERR_RANGE)
        return out_of_range(rq);
    TRY(e);
    for (unsigned turn = 0; turn < TURN_ENTRIES; turn++) {
        bool stopped;
        if (plat_conn_full(rq->session->conn))
            return rest(rq);
        e = rq->sorting ? ldap_sort_next(rq, EXAMINE, &o)
                        : dir_search_next(&rq->snap, &rq->q, EXAMINE, &o);
        if (e == ERR_REFUSED)
            return finish(rq, ldap_sort_refusal(rq), NULL, false);
        if (e == ERR_NOT_FOUND)
            return found_all(rq);
        if (e != ERR_OK && e != ERR_LIMIT)
            return ldap_reply(rq, LDAP_OPERATIONS_ERROR, NULL, SPAN_NONE);
        if (sv->env.now() > rq->deadline)
            return finish(rq, LDAP_TIME_LIMIT_EXCEEDED, NULL, false);
        if (e == ERR_LIMIT)
            continue;
        e = found_one(rq, &o, &stopped);
        if (stopped || e != ERR_OK)
            return e;
    }
    return rest(rq);
}

enum err ldap_go_on_search(struct ldap_request *rq)
{
    return run(rq);
}

/* --- the beginning -----------------------------------------------------------------------------
 */

static enum err no_such_object(struct ldap_request *rq, dir_id matched)
{
    struct span dn = SPAN_NONE;
    struct dir_obj o;
    if (matched && dir_by_id(&rq->snap, matched, &o) == ERR_OK &&
        access_visible(&rq->snap, &o, &rq->session->who.token))
        (void)dir_dn(&rq->snap, matched, &rq->values, &dn);
    const char *text =
        arena_printf(&rq->values,
                     "0000208D: NameErr: DSID-03100245, problem 2001 (NO_OBJECT), data 0, best "
                     "match of:\n\t'%.*s'\n",
                     SPAN_ARG(dn));
    return ldap_reply(rq, LDAP_NO_SUCH_OBJECT, text, dn);
}

/* ERR_REFUSED: it was answered. */
static enum err find_base(struct ldap_request *rq)
{
    const struct ldap_search *in = &rq->m->search;
    struct dir_obj base;
    dir_id matched = 0;
    enum err e;
    if (in->base.len == 0) {
        if (rq->q.cross_nc)
            return ERR_OK;
        e = ERR_NOT_FOUND;
    } else {
        e = dir_by_dn(&rq->snap, in->base, &base, &matched);
    }
    if (e == ERR_MALFORMED || e == ERR_LIMIT) {
        TRY(ldap_reply(rq, LDAP_INVALID_DN_SYNTAX,
                       "0000208F: NameErr: DSID-03100225, problem 2006 (BAD_NAME), data 8350",
                       SPAN_NONE));
        return ERR_REFUSED;
    }
    if (e == ERR_OK && (((base.flags & DIR_OBJ_DELETED) && !rq->options.show_deleted) ||
                        !access_visible(&rq->snap, &base, &rq->session->who.token)))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND) {
        TRY(no_such_object(rq, matched));
        return ERR_REFUSED;
    }
    TRY(e);
    rq->q.base = base.id;
    if (in->scope != LDAP_SCOPE_BASE)
        dir_keep_name(&rq->snap, in->base, base.id);
    return ERR_OK;
}

static enum err prepare_filter(struct ldap_request *rq)
{
    struct dir_filter *f;
    enum err e = ldap_translate(rq->m->search.filter, &rq->arena, &f);
    if (e == ERR_OK)
        e = dir_filter_resolve(&rq->snap, f, &rq->arena);
    if (e == ERR_UNSUPPORTED) {
        TRY(ldap_reply(rq, LDAP_INAPPROPRIATE_MATCHING,
                       "00002120: AtrErr: the attribute is constructed and cannot be searched for",
                       SPAN_NONE));
        return ERR_REFUSED;
    }
    if (e == ERR_LIMIT) {
        TRY(ldap_reply(rq, LDAP_ADMIN_LIMIT_EXCEEDED, NULL, SPAN_NONE));
        return ERR_REFUSED;
    }
    rq->q.filter = f;
    return e;
}

static enum err begin(struct ldap_request *rq)
{
    const struct ldap_search *in = &rq->m->search;
    struct ldap_session *ss = rq->session;
    utime limit = in->time_limit && in->time_limit < LDAP_QUERY_DURATION / UTIME_SECOND
                      ? in->time_limit * UTIME_SECOND
                      : LDAP_QUERY_DURATION;
    rq->deadline = ss->server->env.now() + limit;
    rq->size_limit = in->size_limit;
    rq->q = (struct dir_search){.scope = (enum dir_scope)in->scope,
                                .token = &ss->who.token,
                                .show_deleted = rq->options.show_deleted,
                                .cross_nc = ss->gc || rq->options.phantom_root,
                                .arena = &rq->arena,
                                .scratch = &rq->scratch};
    TRY(ldap_request_read(rq));
    enum err e = ldap_sort_begin(rq);
    if (e == ERR_REFUSED)
        TRY(finish(rq, ldap_sort_refusal(rq), NULL, false));
    TRY(e);
    TRY(find_base(rq));
    TRY(prepare_filter(rq));
    return ldap_want_find(ss->server->wants, in, &rq->arena, &rq->want);
}

static enum err answer_root(struct ldap_request *rq)
{
    struct builder b;
    TRY(ldap_request_read(rq));
    ldap_response(rq, &b);
    TRY(ldap_rootdse(rq->session->server, &rq->snap, rq->m,
                     plat_addr_host(plat_conn_peer(rq->session->conn)), &rq->values, &b));
    return ldap_send(rq->session, &b);
}

/* The next page of a search that rests: it gets the new message's id and page size. */
static enum err next_page(struct ldap_request *now)
{
    struct ldap_session *ss = now->session;
    struct ldap_request *rq = take_page(ss, now->options.page.cookie);
    if (!rq)
        return ldap_reply(now, LDAP_UNWILLING_TO_PERFORM,
                          "00000057: LdapErr: comment: Error processing control, data 0",
                          SPAN_NONE);
    rq->id = now->id;
    if (now->options.page.size == 0) { /* the client wants no more of it */
        ldap_request_free(rq);
        return finish(now, LDAP_SUCCESS, NULL, false);
    }
    rq->options.page.size = now->options.page.size;
    rq->page_sent = 0;
    rq->deadline = ss->server->env.now() + LDAP_QUERY_DURATION;
    enum err e = run(rq);
    if (e == ERR_BUSY)
        return ERR_OK; /* rq rests or runs on; now is done */
    ldap_request_free(rq);
    return e;
}

enum err ldap_do_search(struct ldap_request *rq)
{
    const struct ldap_search *in = &rq->m->search;
    if (in->base.len == 0 && in->scope == LDAP_SCOPE_BASE)
        return answer_root(rq);
    enum err e = ldap_identity_ready(rq);
    if (e == ERR_DENIED)
        return ldap_reply(rq, LDAP_OPERATIONS_ERROR, LDAP_NEEDS_BIND, SPAN_NONE);
    TRY(e);
    if (rq->options.paged && rq->options.page.cookie.len)
        return next_page(rq);
    e = begin(rq);
    if (e == ERR_REFUSED)
        return ERR_OK;
    return e == ERR_OK ? run(rq) : e;
}
