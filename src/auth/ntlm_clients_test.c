/*
 * NTLM as impacket and Samba speak it, bare and inside SPNEGO: their own code is the client, in a
 * process of its own.
 */
#include "auth/ntlm_fixture_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define LINE_ROOM (64 * 1024)

struct peer {
    pid_t pid;
    FILE *in, *out;
};

static struct peer peer_start(const char *client, const char *user, const char *domain,
                              const char *password)
{
    const char *folder = getenv("ENTENTE_SOURCE");
    char script[4096];
    int to[2], from[2];
    struct peer p;
    snprintf(script, sizeof(script), "%s/ntlm_clients.py", folder ? folder : ".");
    assert_int_equal(pipe(to) + pipe(from), 0);
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execl("/usr/bin/python3", "python3", "-B", script, client, user, domain, password,
              (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    p.in = fdopen(from[0], "r");
    p.out = fdopen(to[1], "w");
    assert_non_null(p.in);
    assert_non_null(p.out);
    return p;
}

static void peer_end(struct peer *p)
{
    int status;
    fclose(p->out);
    fclose(p->in);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    assert_int_equal(status, 0);
}

static char line[LINE_ROOM];

static void read_line(struct peer *p)
{
    if (!fgets(line, sizeof(line), p->in))
        fail_msg("the client said nothing more");
    line[strcspn(line, "\n")] = 0;
}

static struct span word(char **save)
{
    const char *text = strtok_r(*save ? NULL : line, " ", save);
    struct span out = SPAN_NONE;
    assert_non_null(text);
    if (strcmp(text, "-") != 0)
        assert_ok(text_unhex(span_str(text), &arena, &out));
    return out;
}

/* Until the server is done or has refused; the client's last words are in line. */
static enum err establish(struct peer *p, struct acceptor_context *server)
{
    bool done = false;
    enum err e = ERR_OK;
    while (e == ERR_OK && !done) {
        char *save = NULL;
        struct span out;
        read_line(p);
        e = acceptor_step(server, word(&save), SPAN_NONE, &arena, &out, &done);
        struct span text = out.len ? text_hex(&arena, out) : SPAN_LIT("-");
        fprintf(p->out, "%.*s %s\n", SPAN_ARG(text), e ? "refused" : done ? "done" : "more");
        fflush(p->out);
    }
    read_line(p);
    return e;
}

/* The same key on both sides, and signatures that the other side believes. */
static void check_messages(struct peer *p, struct acceptor_context *server)
{
    const struct acceptor_session *s = acceptor_session(server);
    char *save = NULL;
    struct span key = word(&save), message = word(&save), signature = word(&save), ours;
    assert_span_equal(acceptor_session_key(s), key);
    if (s->anonymous) /* signs as in version 1: nothing here believes it */
        return;
    assert_ok(acceptor_verify_mic(server, message, signature));
    assert_ok(acceptor_get_mic(server, message, &arena, &ours));
    struct span text = text_hex(&arena, ours);
    fprintf(p->out, "%.*s\n", SPAN_ARG(text));
    fflush(p->out);
    read_line(p);
    assert_string_equal(line, "ok");
}

static void session(const char *client, const char *user, const char *domain)
{
    struct acceptor_context *server;
    struct peer p = peer_start(client, user, domain, PASSWORD);
    assert_ok(acceptor_context_new(acceptor, &server));
    enum err e = establish(&p, server);
    if (e != ERR_OK)
        fail_msg("%s: %s", client, reason_row(acceptor_reason(server))->code);
    check_messages(&p, server);
    if (*user)
        assert_span(acceptor_session(server)->principal, "AWS\\Ada");
    assert_int_equal(acceptor_session(server)->anonymous, !*user);
    acceptor_context_free(server);
    peer_end(&p);
}

static void sessions(void **state)
{
    static const char *const clients[] = {"impacket", "impacket-spnego", "samba", "samba-spnego"};
    (void)state;

    for (unsigned i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        session(clients[i], "ada", "AWS");
        session(clients[i], "aDA", "aws.example.com");
    }
}

static void nobody(void **state)
{
    (void)state;
    session("samba", "", "");
    session("samba-spnego", "", "");
}

static void wrong_password(void **state)
{
    static const char *const clients[] = {"impacket-spnego", "samba-spnego"};
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        struct acceptor_context *server;
        struct peer p = peer_start(clients[i], "ada", "AWS", "wrong");
        assert_ok(acceptor_context_new(acceptor, &server));
        assert_err(establish(&p, server), ERR_REFUSED);
        assert_int_equal(acceptor_reason(server), REASON_NTLM_PASSWORD_WRONG);
        assert_string_equal(line, "refused");
        acceptor_context_free(server);
        peer_end(&p);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_start, fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(sessions), CASE(nobody), CASE(wrong_password)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
