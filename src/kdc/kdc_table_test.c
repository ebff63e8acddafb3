/* The frame of the KDC's caches: bounded, with a second chance, nothing lost and nothing kept. */
#include "kdc/kdc_table.h"

#include "base/test.h"

#define NODE_BYTES 100
#define LIMIT      1000

static unsigned live;

struct item {
    struct kdc_node node;
    uint32_t number;
};

static void drop(struct kdc_node *n)
{
    live--;
    free(n);
}

static struct item *add(struct kdc_table *t, uint32_t number)
{
    struct item *i = calloc(1, sizeof(*i));
    i->node = (struct kdc_node){.hash = number * 2654435761u, .bytes = NODE_BYTES};
    i->number = number;
    live++;
    assert_ok(kdc_table_add(t, &i->node));
    return i;
}

static struct item *find(struct kdc_table *t, uint32_t number)
{
    struct kdc_node *n = kdc_table_first(t, number * 2654435761u);
    while (n && ((struct item *)n)->number != number)
        n = n->next;
    return (struct item *)n;
}

static void all_goes_at_the_end(void **state)
{
    struct kdc_table t;
    (void)state;
    kdc_table_init(&t, LIMIT, drop);
    assert_null(find(&t, 1));
    for (uint32_t i = 0; i < 50; i++)
        add(&t, i);
    assert_int_equal(t.bytes, 50 * NODE_BYTES); /* only between requests is anything taken out */
    kdc_table_remove(&t, &find(&t, 7)->node);
    assert_null(find(&t, 7));
    assert_int_equal(live, 49);
    kdc_table_fini(&t);
    assert_int_equal(live, 0);
}

static void stays_below_its_limit(void **state)
{
    struct kdc_table t;
    uint32_t found = 0;
    (void)state;
    kdc_table_init(&t, LIMIT, drop);
    for (uint32_t i = 0; i < 5000; i++) {
        add(&t, i);
        kdc_table_trim(&t);
        assert_true(t.bytes <= LIMIT);
    }
    for (uint32_t i = 0; i < 5000; i++)
        found += find(&t, i) != NULL;
    assert_int_equal(found, live);
    assert_int_equal(found * NODE_BYTES, t.bytes);
    assert_true(found >= LIMIT / NODE_BYTES / 2);
    kdc_table_fini(&t);
}

/* What every request needs survives a stream of what is needed once. */
static void what_is_used_stays(void **state)
{
    struct kdc_table t;
    unsigned lost = 0;
    (void)state;
    kdc_table_init(&t, LIMIT, drop);
    for (uint32_t i = 0; i < 5000; i++) {
        struct item *krbtgt = find(&t, UINT32_MAX);
        lost += krbtgt == NULL;
        krbtgt = krbtgt ? krbtgt : add(&t, UINT32_MAX);
        krbtgt->node.used = true;
        add(&t, i);
        kdc_table_trim(&t);
    }
    assert_true(lost < 500); /* of a tenth of the places, used each time */
    kdc_table_fini(&t);
}

static void grows_and_shrinks_with_its_nodes(void **state)
{
    struct kdc_table t;
    (void)state;
    kdc_table_init(&t, LIMIT, drop);
    struct item *i = add(&t, 1);
    kdc_table_resize(&t, &i->node, 5000);
    assert_int_equal(t.bytes, 5000);
    kdc_table_resize(&t, &i->node, 200);
    assert_int_equal(t.bytes, 200);
    kdc_table_fini(&t);
}

/* However many there are, each has about a bucket to itself, and all are still found. */
static void buckets_come_with_the_nodes(void **state)
{
    struct kdc_table t;
    unsigned longest = 0;
    (void)state;
    kdc_table_init(&t, SIZE_MAX, drop);
    for (uint32_t i = 0; i < 5000; i++)
        add(&t, i);
    for (uint32_t i = 0; i < 5000; i++)
        assert_non_null(find(&t, i));
    for (uint32_t hash = 0; hash < 8192; hash++) {
        unsigned length = 0;
        for (struct kdc_node *n = kdc_table_first(&t, hash); n; n = n->next)
            length++;
        longest = length > longest ? length : longest;
    }
    assert_true(longest > 0 && longest <= 4);
    kdc_table_fini(&t);
    assert_int_equal(live, 0);
}

/* Keys and names that differ in one byte only, wherever it is, go to different buckets. */
static void the_hash_sees_every_byte(void **state)
{
    uint8_t bytes[37] = {0};
    (void)state;
    for (size_t at = 0; at < sizeof(bytes); at++) {
        bool seen[1024] = {false};
        unsigned distinct = 0;
        for (unsigned v = 0; v < 256; v++) {
            bytes[at] = (uint8_t)v;
            bool *bucket = &seen[kdc_hash(1, span_of(bytes, sizeof(bytes))) % 1024];
            distinct += !*bucket;
            *bucket = true;
        }
        bytes[at] = 0;
        assert_true(distinct > 180); /* 226 on average */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_sees_every_byte),
        cmocka_unit_test(all_goes_at_the_end),
        cmocka_unit_test(stays_below_its_limit),
        cmocka_unit_test(what_is_used_stays),
        cmocka_unit_test(grows_and_shrinks_with_its_nodes),
        cmocka_unit_test(buckets_come_with_the_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
