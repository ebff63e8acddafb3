/*
 * Kerberos-sealed fragments of impacket, whose padding is another than ours. MIT, which can do the
 * rest too, is src/kdc/acceptor_rpc_test.c's.
 */
#include "auth/acceptor_state.h"
#include "base/test_arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CASES     200
#define LINE_ROOM (64 * 1024)

static struct span word(char **line)
{
    char *text = strsep(line, " \n");
    assert_non_null(text);
    return hex(text);
}

static void check(char *line)
{
    static struct acceptor acc;
    struct acceptor_context c = {.acc = &acc, .stage = ACCEPTOR_DONE};
    struct krb_key key;
    struct span bytes = word(&line), number = word(&line), body = word(&line), sealed = word(&line);
    struct span token = word(&line);
    struct reader r = reader_of(number);
    assert_ok(krb_key_make(bytes.len == 16 ? ETYPE_AES128_SHA1 : ETYPE_AES256_SHA1, bytes, &key));
    gss_messages_init(&c.messages, &key, true, GSS_FLAG_SEQUENCE, 0, reader_be32(&r));
    struct acceptor_rpc m = {
        .seal = true, .body = arena_dup(&arena, sealed.ptr, sealed.len), .body_len = sealed.len};
    assert_ok(acceptor_rpc_open(&c, &m, token, &arena));
    assert_span_equal(span_of(m.body, m.body_len), body);
    assert_err(acceptor_rpc_open(&c, &m, token, &arena), ERR_REFUSED);
    mem_wipe(&c, sizeof(c));
}

static void impacket_seals(void **state)
{
    static char line[LINE_ROOM];
    const char *given = getenv("ENTENTE_SEED"), *folder = getenv("ENTENTE_SOURCE");
    unsigned long seed = given ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
    unsigned cases = 0;
    char command[4096];
    (void)state;

    print_message("ENTENTE_SEED=%lu\n", seed);
    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/acceptor_rpc_oracle.py %lu %u",
             folder ? folder : ".", seed, CASES);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof(line), f); cases++) {
        check(line);
        arena_reset(&arena);
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(cases, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(impacket_seals, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
