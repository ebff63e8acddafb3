#include "store/store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLAIN, NUMBERS, SETS, DB_COUNT };

static const struct store_db dbs[DB_COUNT] = {
    [PLAIN] = {"plain", 0},
    [NUMBERS] = {"numbers", STORE_NUMBER_KEY},
    [SETS] = {"sets", STORE_ID_SET},
};

struct fixture {
    char path[64];
    struct store *store;
};

static enum err open_as(const char *path, bool writable, bool create, struct store **out)
{
    struct store_open_args args = {path, dbs, DB_COUNT, writable, create};
    return store_open(&args, out);
}

static int setup(void **state)
{
    static struct fixture f;
    snprintf(f.path, sizeof(f.path), "/tmp/entente-store-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    assert_int_equal(open_as(f.path, true, true, &f.store), ERR_OK);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char file[96];
    store_close(f->store);
    snprintf(file, sizeof(file), "%s/data.mdb", f->path);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", f->path);
    unlink(file);
    return rmdir(f->path);
}

static void put_text(struct store_txn *t, const char *k, const char *v)
{
    store_put(t, PLAIN, span_str(k), span_str(v));
}

static bool has_text(struct store_txn *t, const char *k, const char *v)
{
    struct span got;
    return store_get(t, PLAIN, span_str(k), &got) && span_eq(got, span_str(v));
}

static void test_open_refuses_what_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    char empty[] = "/tmp/entente-none-XXXXXX";
    assert_non_null(mkdtemp(empty));
    assert_int_equal(open_as(empty, true, false, &s), ERR_NOT_FOUND);
    assert_int_equal(open_as(empty, false, false, &s), ERR_NOT_FOUND);
    assert_null(s);
    rmdir(empty);
    assert_non_null(f->store);
}

static void test_the_same_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    struct store_txn *t;
    uint32_t id;
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(store_write_begin(f->store, NULL, &t), ERR_OK);
        put_text(t, round ? "second" : "first", "there");
        store_set_add(t, SETS, SPAN_LIT("set"), round + 1);
        assert_int_equal(store_commit(t), ERR_OK);
        assert_int_equal(store_read_begin(f->store, &t), ERR_OK);
        assert_non_null(store_txn_memory(t, 16));
        assert_true(store_set_from(t, SETS, SPAN_LIT("set"), round + 1, &id)); /* keeps a cursor */
        store_read_end(t);
        assert_int_equal(store_reopen(f->store), ERR_OK);
    }
    assert_int_equal(store_read_begin(f->store, &t), ERR_OK);
    assert_true(has_text(t, "first", "there") && has_text(t, "second", "there"));
    assert_int_equal(store_set_count(t, SETS, SPAN_LIT("set")), 2);
    store_read_end(t);
}

/* A reader that remembers says what one says that has to look: over commits that change, add and
 * remove, with an older snapshot open beside it, each question twice. */
static void test_what_is_remembered_is_true(void **state)
{
    struct fixture *f = *state;
    struct store_txn *w, *now, *older = NULL;
    store_remember(f->store);
    for (uint32_t round = 1; round <= 30; round++) {
        assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
        for (uint32_t key = 0; key < 50; key++) {
            struct span k = span_of(&key, sizeof(key));
            if ((key + round) % 7 == 0)
                store_del(w, NUMBERS, k);
            else if ((key * round) % 3 == 0)
                store_put(w, NUMBERS, k, span_of(&round, sizeof(round)));
            if ((key + round) % 11 == 0)
                store_set_drop(w, SETS, k);
            store_set_add(w, SETS, k, 1000 - round);
        }
        assert_int_equal(store_commit(w), ERR_OK);
        assert_int_equal(store_read_begin(f->store, &now), ERR_OK);
        for (unsigned i = 0; i < 100; i++) {
            uint32_t key = i % 50, first, expected_first;
            struct span k = span_of(&key, sizeof(key)), v, at, expected;
            bool there = store_from(now, NUMBERS, k, &at, &expected) && span_eq(at, k);
            assert_int_equal(store_get(now, NUMBERS, k, &v), there);
            if (there)
                assert_true(span_eq(v, expected) && v.ptr == expected.ptr);
            assert_true(store_set_from(now, SETS, k, 0, &expected_first));
            uint64_t n = store_set_open(now, SETS, k, &first);
            assert_int_equal(first, expected_first);
            assert_int_equal(first, 1000 - round);
            assert_in_range(n, 1, 11);
            assert_false(store_set_has(now, SETS, k, first + (uint32_t)n));
            assert_true(store_set_has(now, SETS, k, first + (uint32_t)n - 1));
        }
        if (older)
            store_read_end(older);
        older = now;
    }
    store_read_end(older);
}

static void test_readers_keep_their_snapshot(void **state)
{
    struct fixture *f = *state;
    struct store_txn *w, *before, *after;
    assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
    put_text(w, "a", "1");
    assert_int_equal(store_commit(w), ERR_OK);
    for (int round = 0; round < 3; round++) { /* the second and third reuse kept transactions */
        assert_int_equal(store_read_begin(f->store, &before), ERR_OK);
        assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
        put_text(w, "a", round % 2 ? "1" : "2");
        assert_true(has_text(before, "a", round % 2 ? "2" : "1"));
        assert_int_equal(store_commit(w), ERR_OK);
        assert_true(has_text(before, "a", round % 2 ? "2" : "1"));
        assert_int_equal(store_read_begin(f->store, &after), ERR_OK);
        assert_true(has_text(after, "a", round % 2 ? "1" : "2"));
        store_read_end(before);
        store_read_end(after);
    }
}

static void test_memory_stays_with_readers(void **state)
{
    struct fixture *f = *state;
    struct store_txn *t, *other;
    assert_int_equal(store_read_begin(f->store, &t), ERR_OK);
    uint64_t commit = store_txn_id(t), *memory = store_txn_memory(t, 64);
    assert_non_null(memory);
    assert_int_equal(memory[7], 0);
    memory[7] = 9;
    assert_int_equal(store_read_begin(f->store, &other), ERR_OK);
    assert_int_equal(store_txn_id(other), commit);
    assert_ptr_not_equal(store_txn_memory(other, 64), memory);
    store_read_end(other);
    store_read_end(t);
    assert_int_equal(store_write_begin(f->store, NULL, &t), ERR_OK);
    assert_null(store_txn_memory(t, 64));
    put_text(t, "a", "1");
    assert_int_equal(store_commit(t), ERR_OK);
    bool seen = false;
    struct store_txn *both[2];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(store_read_begin(f->store, &both[i]), ERR_OK);
        assert_int_not_equal(store_txn_id(both[i]), commit);
        memory = store_txn_memory(both[i], 64);
        seen |= memory[7] == 9;
    }
    assert_true(seen);
    store_read_end(both[0]);
    store_read_end(both[1]);
}

static void test_nested_transactions_roll_back_alone(void **state)
{
    struct fixture *f = *state;
    struct store_txn *w, *in;
    assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
    put_text(w, "kept", "1");
    assert_int_equal(store_write_begin(f->store, w, &in), ERR_OK);
    put_text(in, "lost", "1");
    put_text(in, "kept", "2");
    store_abort(in);
    assert_true(has_text(w, "kept", "1"));
    assert_false(has_text(w, "lost", "1"));
    assert_int_equal(store_write_begin(f->store, w, &in), ERR_OK);
    put_text(in, "kept", "3");
    store_txn_fail(in, ERR_CONSTRAINT);
    put_text(in, "kept", "4");
    assert_int_equal(store_commit(in), ERR_CONSTRAINT);
    assert_true(has_text(w, "kept", "1"));
    assert_int_equal(store_commit(w), ERR_OK);
}

static void test_order_and_iteration(void **state)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"a", "ab", "b", "ba", "c"};
    struct store_txn *w, *r;
    struct span k, v;
    assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
    for (int i = 4; i >= 0; i--)
        put_text(w, keys[i], "x");
    assert_int_equal(store_commit(w), ERR_OK);
    assert_int_equal(store_read_begin(f->store, &r), ERR_OK);
    for (int pass = 0; pass < 2; pass++) {
        bool more = store_from(r, PLAIN, SPAN_LIT("a"), &k, &v);
        for (int i = 0; i < 5; i++) {
            assert_true(more);
            assert_true(span_eq(k, span_str(keys[i])));
            more = store_after(r, PLAIN, k, &k, &v);
        }
        assert_false(more);
    }
    assert_true(store_after(r, PLAIN, SPAN_LIT("aa"), &k, &v));
    assert_true(span_eq(k, SPAN_LIT("ab")));
    assert_true(store_from(r, PLAIN, SPAN_NONE, &k, &v));
    assert_true(span_eq(k, SPAN_LIT("a")));
    assert_true(store_last(r, PLAIN, &k, &v));
    assert_true(span_eq(k, SPAN_LIT("c")));
    char longest[STORE_KEY_MAX + 1];
    memset(longest, 'z', sizeof(longest));
    assert_false(store_get(r, PLAIN, span_of(longest, sizeof(longest)), &v));
    assert_int_equal(store_txn_err(r), ERR_OK);
    assert_int_equal(store_entries(r, PLAIN), 5);
    store_read_end(r);
}

static void test_numbers_sort_as_numbers(void **state)
{
    struct fixture *f = *state;
    struct store_txn *w;
    struct span k, v;
    assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
    for (uint32_t i = 1000; i > 0; i--)
        store_put(w, NUMBERS, span_of(&i, 4), span_of(&i, 4));
    uint32_t want = 1;
    for (bool more = store_first(w, NUMBERS, &k, &v); more; want++) {
        uint32_t got;
        memcpy(&got, k.ptr, 4);
        assert_int_equal(got, want);
        more = store_after(w, NUMBERS, span_of(&want, 4), &k, &v);
    }
    assert_int_equal(want, 1001);
    assert_int_equal(store_commit(w), ERR_OK);
}

/* A bitmap per key is the model; every answer of the set functions is compared with it. */
static void check_set(struct store_txn *t, const char *key, const bool *model, uint32_t n)
{
    uint64_t count = 0;
    for (uint32_t min = 0, next = 0; min < n; min++) {
        uint32_t got = 0;
        for (next = min; next < n && !model[next]; next++)
            ;
        assert_int_equal(store_set_from(t, SETS, span_str(key), min, &got), next < n);
        if (next < n)
            assert_int_equal(got, next);
        assert_int_equal(store_set_has(t, SETS, span_str(key), min), model[min]);
        count += model[min];
    }
    assert_int_equal(store_set_count(t, SETS, span_str(key)), count);
}

static void test_sets_against_a_model(void **state)
{
    enum { N = 600 };
    struct fixture *f = *state;
    static const char *const keys[] = {"one", "two", "twofold"};
    static bool model[3][N];
    uint32_t seed = 7;
    memset(model, 0, sizeof(model));
    for (int round = 0; round < 6; round++) {
        struct store_txn *w, *r;
        assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
        for (int i = 0; i < 900; i++) {
            seed = seed * 1664525 + 1013904223;
            unsigned k = (seed >> 8) % 3, id = (seed >> 12) % N;
            if (seed >> 30) {
                store_set_add(w, SETS, span_str(keys[k]), id);
                model[k][id] = true;
            } else {
                assert_int_equal(store_set_remove(w, SETS, span_str(keys[k]), id), model[k][id]);
                model[k][id] = false;
            }
        }
        for (int k = 0; k < 3; k++)
            check_set(w, keys[k], model[k], N);
        assert_int_equal(store_commit(w), ERR_OK);
        assert_int_equal(store_read_begin(f->store, &r), ERR_OK);
        for (int k = 0; k < 3; k++)
            check_set(r, keys[k], model[k], N);
        struct span key;
        assert_true(store_set_key_from(r, SETS, SPAN_LIT("a"), &key));
        assert_true(store_set_key_after(r, SETS, key, &key));
        assert_true(span_eq(key, SPAN_LIT("two")));
        assert_true(store_set_key_after(r, SETS, key, &key));
        assert_true(span_eq(key, SPAN_LIT("twofold")));
        assert_false(store_set_key_after(r, SETS, key, &key));
        store_read_end(r);
    }
}

static void test_keys_order_like_their_parts(void **state)
{
    (void)state;
    static const uint32_t v[] = {0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff};
    struct store_key a, b;
    for (size_t i = 0; i + 1 < sizeof(v) / sizeof(v[0]); i++) {
        store_key_init(&a);
        store_key_init(&b);
        store_key_u32(&a, v[i]);
        store_key_bytes(&a, SPAN_LIT("zzz"));
        store_key_u32(&b, v[i + 1]);
        assert_true(span_cmp(store_key_span(&a), store_key_span(&b)) < 0);
    }
    static const uint8_t big[STORE_KEY_MAX];
    store_key_bytes(&b, span_of(big, sizeof(big)));
    assert_true(b.overflow);
    assert_int_equal(b.len, 4);
}

static void test_read_only_and_copy(void **state)
{
    struct fixture *f = *state;
    struct store_txn *w, *r;
    char copy[] = "/tmp/entente-copy-XXXXXX", file[96];
    assert_int_equal(store_write_begin(f->store, NULL, &w), ERR_OK);
    put_text(w, "a", "1");
    assert_int_equal(store_commit(w), ERR_OK);
    assert_non_null(mkdtemp(copy));
    assert_int_equal(store_copy(f->store, copy), ERR_OK);
    snprintf(file, sizeof(file), "%s/data.mdb", copy);
    assert_int_equal(chmod(file, 0400), 0);
    struct store *s;
    assert_int_equal(open_as(copy, false, false, &s), ERR_OK);
    assert_int_equal(store_write_begin(s, NULL, &w), ERR_DENIED);
    assert_int_equal(store_read_begin(s, &r), ERR_OK);
    assert_true(has_text(r, "a", "1"));
    store_read_end(r);
    assert_int_equal(store_check_readers(s), 0);
    store_close(s);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", copy);
    unlink(file);
    rmdir(copy);
}

/* Starts a process that opens the store, begins what it is told to, says so, and waits to be
 * killed. */
static pid_t start_victim(struct fixture *f, bool writer)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *s;
        struct store_txn *t;
        if (open_as(f->path, writer, false, &s) != ERR_OK)
            _exit(1);
        if ((writer ? store_write_begin(s, NULL, &t) : store_read_begin(s, &t)) != ERR_OK)
            _exit(1);
        if (writer)
            put_text(t, "lost", "1");
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void kill_victim(pid_t pid)
{
    int status;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void test_a_killed_process_holds_nothing_up(void **state)
{
    struct fixture *f = *state;
    struct store_txn *t;
    store_close(f->store); /* one open of a folder in a process, and none across a fork */
    pid_t writer = start_victim(f, true), reader = start_victim(f, false);
    assert_int_equal(open_as(f->path, true, false, &f->store), ERR_OK);
    kill_victim(writer);
    assert_int_equal(store_write_begin(f->store, NULL, &t), ERR_OK);
    assert_false(has_text(t, "lost", "1"));
    put_text(t, "kept", "1");
    assert_int_equal(store_commit(t), ERR_OK);
    assert_int_equal(store_check_readers(f->store), 0);
    kill_victim(reader);
    assert_int_equal(store_check_readers(f->store), 1);
    assert_int_equal(store_read_begin(f->store, &t), ERR_OK);
    assert_true(has_text(t, "kept", "1"));
    store_read_end(t);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_open_refuses_what_is_not_there),
        T(test_the_same_is_there_after_reopening),
        T(test_what_is_remembered_is_true),
        T(test_readers_keep_their_snapshot),
        T(test_memory_stays_with_readers),
        T(test_nested_transactions_roll_back_alone),
        T(test_order_and_iteration),
        T(test_numbers_sort_as_numbers),
        T(test_sets_against_a_model),
        T(test_keys_order_like_their_parts),
        T(test_read_only_and_copy),
        T(test_a_killed_process_holds_nothing_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
