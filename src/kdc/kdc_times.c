/*
 * Lifetimes: the minimum of what is asked, what policy allows and what the ticket before it had.
 */
#include "kdc/kdc_request.h"

static utime whole(utime t)
{
    return t - t % UTIME_SECOND;
}

static utime earlier(utime a, utime b)
{
    return a < b ? a : b;
}

/* till of zero (1970) means as long as possible (RFC 4120 section 3.1.2). */
static utime asked(const struct kdc_request *r, utime limit)
{
    return r->body->has_till && r->body->till != 0 ? earlier(r->body->till, limit) : limit;
}

static utime asked_renewal(const struct kdc_request *r, utime end, utime limit)
{
    const struct krb_kdc_req_body *b = r->body;
    bool wanted = b->kdc_options & KRB_OPT_RENEWABLE;
    utime until = b->has_rtime && b->rtime != 0 ? b->rtime : limit;
    if (!wanted && (b->kdc_options & KRB_OPT_RENEWABLE_OK) && b->has_till && b->till > end) {
        wanted = true;
        until = b->till;
    }
    return wanted ? earlier(until, limit) : 0;
}

void kdc_times_initial(const struct kdc_request *r, uint32_t max_life, uint32_t max_renew,
                       struct kdc_times *out)
{
    utime now = whole(r->now);
    out->auth = out->start = now;
    out->end = asked(r, now + max_life * UTIME_SECOND);
    out->renew_till = max_renew ? asked_renewal(r, out->end, now + max_renew * UTIME_SECOND) : 0;
}

void kdc_times_from(const struct kdc_request *r, const struct krb_enc_ticket_part *tgt,
                    uint32_t max_life, struct kdc_times *out)
{
    utime now = whole(r->now);
    out->auth = tgt->authtime;
    out->start = now;
    out->end = earlier(asked(r, now + max_life * UTIME_SECOND), tgt->endtime);
    out->renew_till = tgt->has_renew_till && (tgt->flags & KRB_TKT_RENEWABLE)
                          ? asked_renewal(r, out->end, tgt->renew_till)
                          : 0;
}

void kdc_times_renewed(const struct kdc_request *r, const struct krb_enc_ticket_part *tgt,
                       struct kdc_times *out)
{
    utime now = whole(r->now);
    utime start = tgt->has_starttime ? tgt->starttime : tgt->authtime;
    out->auth = tgt->authtime;
    out->start = now;
    out->end = earlier(now + (tgt->endtime - start), tgt->renew_till);
    out->renew_till = tgt->renew_till;
}
