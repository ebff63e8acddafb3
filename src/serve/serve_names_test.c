#include "base/test.h"
#include "serve/serve_names.h"

static void assert_addresses(const struct serve_addresses *list, unsigned count,
                             const char *const *wanted)
{
    char text[PLAT_ADDR_TEXT];
    assert_int_equal(list->count, count);
    for (unsigned i = 0; i < count; i++)
        assert_string_equal((const char *)plat_addr_text(&list->of[i], text).ptr, wanted[i]);
}

static void hosts_are_found_by_each_of_their_names(void **state)
{
    const struct span text =
        SPAN_LIT("# a comment\n127.0.0.1\tlocalhost\n"
                 "10.0.0.9  hooks.example.com hooks\t# not hidden\r\n"
                 "fd00::9 Hooks.Example.com\n10.0.0.10 other # hooks\nnonsense hooks");
    static const char *const both[] = {"10.0.0.9:443", "[fd00::9]:443"}, *const one[] = {
                                                                             "10.0.0.9:80"};
    struct serve_addresses found;
    (void)state;
    serve_names_in_hosts(text, SPAN_LIT("hooks.EXAMPLE.com"), 443, &found);
    assert_addresses(&found, 2, both);
    serve_names_in_hosts(text, SPAN_LIT("hooks"), 80, &found);
    assert_addresses(&found, 1, one);
    serve_names_in_hosts(text, SPAN_LIT("10.0.0.9"), 80, &found);
    assert_int_equal(found.count, 0);
    serve_names_in_hosts(SPAN_NONE, SPAN_LIT("hooks"), 80, &found);
    assert_int_equal(found.count, 0);
}

static void servers_are_three_at_most(void **state)
{
    static const char *const three[] = {"10.0.0.1:53", "[fd00::1]:53", "10.0.0.3:53"},
                             *const own[] = {"127.0.0.1:53"};
    struct serve_addresses found;
    (void)state;
    serve_names_servers(SPAN_LIT("search example.com\nnameserver 10.0.0.1\n#nameserver 10.0.0.2\n"
                                 "nameserver\tfd00::1\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n"),
                        &found);
    assert_addresses(&found, 3, three);
    serve_names_servers(SPAN_LIT("options timeout:1\nnameserver nonsense"), &found);
    assert_addresses(&found, 1, own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_found_by_each_of_their_names),
        cmocka_unit_test(servers_are_three_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
