/*
 * Logons that wait for a trusted domain: how many may, and what their waiter is told.
 */
#include "auth/ntlm_fixture_test.h"
#include "auth/ntlm_partner.h"
#include "plat/address.h"
#include "trust/trust.h"
#include "trust/trust_ask.h"

static struct ntlm_partners *partners;
static struct plat_call *asked;
static enum err link_state;
static unsigned cancelled_calls, told;
static struct acceptor_ntlm_answer last;

static enum err ask(void *ctx, uint32_t type, struct span payload, utime timeout,
                    struct plat_call *call)
{
    struct trust_call q;
    (void)ctx, (void)timeout;
    if (link_state != ERR_OK)
        return link_state;
    assert_int_equal(type, TRUST_MESSAGE_CALL);
    assert_ok(trust_call_decode(payload, &q));
    assert_span(q.partner, "corp.example.com");
    asked = call;
    return ERR_OK;
}

static void ask_cancel(void *ctx, struct plat_call *call)
{
    (void)ctx, (void)call;
    cancelled_calls++;
}

static void answered(void *ctx, const struct acceptor_ntlm_answer *answer)
{
    assert_ptr_equal(ctx, &told);
    told++;
    last = *answer;
}

static const struct event_sink nowhere = {.write = NULL};

static int start(void **state)
{
    struct ntlm_partner_env env = {.dir = NULL,
                                   .events = &nowhere,
                                   .now = fixture_now,
                                   .server = SPAN_LIT("DC-A"),
                                   .ask = ask,
                                   .ask_cancel = ask_cancel};
    fixture_start_afresh(state);
    env.dir = forest.base.dir;
    link_state = ERR_OK;
    told = cancelled_calls = 0;
    asked = NULL;
    return ntlm_partners_new(&env, &partners) == ERR_OK ? 0 : -1;
}

static int stop(void **state)
{
    ntlm_partners_free(partners);
    return fixture_stop(state);
}

/* --- one client ---------------------------------------------------------------------------------
 */

static struct plat_addr address_of(unsigned host)
{
    struct plat_addr a;
    char text[32];
    snprintf(text, sizeof(text), "10.0.%u.%u", host / 256, host % 256);
    assert_ok(plat_addr_parse(span_str(text), 1024, &a));
    return a;
}

static enum err pass(const struct plat_addr *client, struct acceptor_context **out)
{
    static const uint8_t challenge[8] = {1};
    struct trust trust = {.object = 77, .dns_name = SPAN_LIT("corp.example.com")};
    struct acceptor_ntlm_ask q = {.trust = &trust,
                                  .domain = SPAN_LIT("CORP"),
                                  .user = SPAN_LIT("carol"),
                                  .challenge = challenge,
                                  .nt_response = SPAN_LIT("a response")};
    struct acceptor_waiter waiter = {answered, &told, client};
    assert_ok(acceptor_context_new(acceptor, out));
    acceptor_context_wait(*out, &waiter);
    return ntlm_partners_pass(partners, *out, &q);
}

static void end_client(struct acceptor_context *c)
{
    ntlm_partners_cancel(partners, c);
    acceptor_context_free(c);
}

/* --- the tests ----------------------------------------------------------------------------------
 */

/* Who fills the table keeps out itself, and many who do are bounded. */
static void how_many_wait(void **state)
{
    struct acceptor_context *c[NTLM_ASKS_MAX + 1];
    struct plat_addr from[NTLM_ASKS_MAX / NTLM_ASKS_EACH + 1];
    unsigned n = 0;
    (void)state;

    for (unsigned host = 0; host < NTLM_ASKS_MAX / NTLM_ASKS_EACH; host++) {
        from[host] = address_of(host);
        for (unsigned i = 0; i < NTLM_ASKS_EACH; i++)
            assert_ok(pass(&from[host], &c[n++]));
        if (host == 0) {
            assert_err(pass(&from[0], &c[n]), ERR_LIMIT);
            end_client(c[n]);
        }
    }
    from[NTLM_ASKS_MAX / NTLM_ASKS_EACH] = address_of(1000);
    assert_err(pass(&from[NTLM_ASKS_MAX / NTLM_ASKS_EACH], &c[n]), ERR_LIMIT);
    end_client(c[n]);
    assert_int_equal(cancelled_calls, 0);
    end_client(c[0]); /* it goes: there is room again */
    assert_int_equal(cancelled_calls, 1);
    assert_ok(pass(&from[NTLM_ASKS_MAX / NTLM_ASKS_EACH], &c[0]));
    for (unsigned i = 0; i < n; i++)
        end_client(c[i]);
    assert_int_equal(cancelled_calls, n + 1);
    assert_int_equal(told, 0);
}

static void no_link(void **state)
{
    struct plat_addr from = address_of(1);
    struct acceptor_context *c;
    (void)state;

    link_state = ERR_CLOSED;
    assert_err(pass(&from, &c), ERR_CLOSED);
    end_client(c);
    assert_int_equal(cancelled_calls, 0);
}

static void says(enum err e, const struct trust_answer *answer)
{
    struct plat_msg reply = {.payload = SPAN_NONE};
    struct plat_addr from = address_of(1);
    struct acceptor_context *c;

    assert_ok(pass(&from, &c));
    if (answer)
        assert_ok(trust_answer_encode(answer, &arena, &reply.payload));
    told = 0;
    asked->done(asked, e, &reply);
    assert_int_equal(told, 1);
    end_client(c);
    assert_int_equal(cancelled_calls, 0);
}

/* The reason is the one that the peer found. */
static void a_partner_that_is_down(void **state)
{
    struct trust_answer down = {.status = NTSTATUS_NO_LOGON_SERVERS,
                                .reason = REASON_CHANNEL_BROKEN,
                                .server = SPAN_LIT("dc1.corp.example.com")};
    (void)state;

    says(ERR_OK, &down);
    assert_int_equal(last.reason, REASON_CHANNEL_BROKEN);
    assert_int_equal(last.ntstatus, NTSTATUS_NO_LOGON_SERVERS);
    says(ERR_TIMEOUT, NULL);
    assert_int_equal(last.reason, REASON_SERVER_FAILED);
    assert_int_equal(last.ntstatus, NTSTATUS_NO_LOGON_SERVERS);
    says(ERR_OK, NULL);
    assert_int_equal(last.reason, REASON_SERVER_FAILED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(how_many_wait),
        CASE(no_link),
        CASE(a_partner_that_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
