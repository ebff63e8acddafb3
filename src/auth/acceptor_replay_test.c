#include "base/test.h"

#include "auth/acceptor_state.h"

static void pattern(void *out, size_t len)
{
    memset(out, 0x5a, len);
}

static enum err add(struct acceptor_replays *r, uint32_t number, utime now, utime until)
{
    return acceptor_replays_add(r, span_of(&number, sizeof(number)), now, until);
}

static void test_seen_until_its_time_is_over(void **state)
{
    struct acceptor_replays *r;
    (void)state;
    assert_int_equal(acceptor_replays_new(pattern, &r), ERR_OK);
    assert_int_equal(add(r, 1, 100, 200), ERR_OK);
    assert_int_equal(add(r, 2, 100, 300), ERR_OK);
    assert_int_equal(add(r, 1, 200, 200), ERR_EXISTS);
    assert_int_equal(add(r, 2, 201, 300), ERR_EXISTS);
    assert_int_equal(add(r, 1, 201, 301), ERR_OK);
    assert_int_equal(add(r, 1, 202, 302), ERR_EXISTS);
    acceptor_replays_free(r);
}

/* Nothing is forgotten early: who comes too many is refused, until room is there again. */
static void test_full(void **state)
{
    struct acceptor_replays *r;
    (void)state;
    assert_int_equal(acceptor_replays_new(pattern, &r), ERR_OK);
    for (uint32_t i = 0; i < ACCEPTOR_REPLAYS_MAX; i++)
        assert_int_equal(add(r, i, 100, i == 0 ? 150 : 200), ERR_OK);
    assert_int_equal(add(r, ACCEPTOR_REPLAYS_MAX, 150, 250), ERR_LIMIT);
    assert_int_equal(add(r, 7, 150, 250), ERR_EXISTS);
    assert_int_equal(add(r, ACCEPTOR_REPLAYS_MAX, 151, 250), ERR_OK);
    assert_int_equal(add(r, ACCEPTOR_REPLAYS_MAX + 1, 151, 250), ERR_LIMIT);
    for (uint32_t i = 0; i < ACCEPTOR_REPLAYS_MAX - 1; i++)
        assert_int_equal(add(r, i, 201, 300), ERR_OK);
    assert_int_equal(add(r, ACCEPTOR_REPLAYS_MAX, 201, 300), ERR_EXISTS);
    acceptor_replays_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen_until_its_time_is_over),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
