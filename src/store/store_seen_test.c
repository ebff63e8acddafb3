/* What readers remember: found only for its commit, its database and its whole key. */
#include "store/store_seen.h"

#include "base/test.h"

#define MANY 80000 /* more than there are slots */

static struct span number(const uint32_t *n)
{
    return span_of(n, sizeof(*n));
}

static void keep(struct store_seen *seen, uint64_t commit, unsigned db, struct span key, uint64_t n)
{
    struct store_seen_slot *slot = store_seen_add(seen, commit, db, key);
    assert_non_null(slot);
    slot->number = n;
}

static void test_key_database_and_commit(void **state)
{
    struct store_seen *seen = store_seen_new();
    uint8_t longest[STORE_SEEN_KEY + 1] = {0};
    (void)state;
    assert_non_null(seen);
    keep(seen, 7, 1, SPAN_LIT("alice"), 5);
    assert_int_equal(store_seen_find(seen, 7, 1, SPAN_LIT("alice"))->number, 5);
    assert_null(store_seen_find(seen, 8, 1, SPAN_LIT("alice")));
    assert_null(store_seen_find(seen, 7, 2, SPAN_LIT("alice")));
    assert_null(store_seen_find(seen, 7, 1, SPAN_LIT("alic")));
    assert_null(store_seen_find(seen, 7, 1, SPAN_LIT("alicf")));
    keep(seen, 7, 1, span_of(longest, STORE_SEEN_KEY), 6);
    assert_non_null(store_seen_find(seen, 7, 1, span_of(longest, STORE_SEEN_KEY)));
    assert_null(store_seen_add(seen, 7, 1, span_of(longest, STORE_SEEN_KEY + 1)));
    assert_null(store_seen_find(seen, 7, 1, span_of(longest, STORE_SEEN_KEY + 1)));
    store_seen_free(seen);
}

/* Some are pushed out, none is mistaken for another; of a later commit's keys, as many fit. */
static void test_full(void **state)
{
    struct store_seen *seen = store_seen_new();
    unsigned found[2] = {0};
    (void)state;
    assert_non_null(seen);
    for (uint64_t commit = 1; commit <= 2; commit++) {
        for (uint32_t i = 0; i < MANY; i++)
            keep(seen, commit, 0, number(&i), commit * MANY + i);
        for (uint32_t i = 0; i < MANY; i++) {
            const struct store_seen_slot *slot = store_seen_find(seen, commit, 0, number(&i));
            if (!slot)
                continue;
            found[commit - 1]++;
            assert_int_equal(slot->number, commit * MANY + i);
        }
    }
    assert_in_range(found[0], MANY / 2, MANY - 1);
    assert_int_equal(found[1], found[0]);
    store_seen_free(seen);
    store_seen_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_database_and_commit),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
