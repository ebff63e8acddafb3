#include "peer/peer_seats.h"

#include "base/test.h"

/* However many the RPC process wants, and however often they change. */
static void control_always_finds_one(void **state)
{
    (void)state;
    struct peer_seats s = {0};
    for (unsigned i = 0; i < 2 * PEER_SEATS; i++)
        assert_true(peer_seat_take(&s, true) == (i < PEER_SEATS_RPC));
    for (unsigned i = 0; i < PEER_SEATS - PEER_SEATS_RPC; i++)
        assert_true(peer_seat_take(&s, false));
    assert_false(peer_seat_take(&s, false));
    peer_seat_leave(&s, true);
    assert_true(peer_seat_take(&s, true));
    peer_seat_leave(&s, false);
    assert_false(peer_seat_take(&s, true));
    assert_true(peer_seat_take(&s, false));
}

/* Control may have them all, and then nobody has another. */
static void there_are_so_many(void **state)
{
    (void)state;
    struct peer_seats s = {0};
    for (unsigned i = 0; i < PEER_SEATS; i++)
        assert_true(peer_seat_take(&s, false));
    assert_false(peer_seat_take(&s, false));
    assert_false(peer_seat_take(&s, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_always_finds_one),
        cmocka_unit_test(there_are_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
