#include "awsapi/aws_match.h"
#include "awsapi/aws_shape.h"
#include "base/test_arena.h"

static const char *error, *why;

static enum err check(enum aws_operation_id id, const char *body)
{
    json_t *input = aws_parse(span_str(body));
    assert_non_null(input);
    error = why = NULL;
    enum err e = aws_check(aws_operation(id), input, &arena, &error, &why);
    json_decref(input);
    return e;
}

#define TRUST(more)                                                                                \
    "{\"DirectoryId\":\"d-0123456789\",\"RemoteDomainName\":\"corp.example.com\","                 \
    "\"TrustPassword\":\"p\",\"TrustDirection\":\"Two-Way\"" more "}"

static void test_tables_are_whole(void **state)
{
    unsigned done = 0;
    (void)state;
    for (unsigned i = 0; i < AWS_SHAPE__COUNT; i++) {
        const struct aws_shape *s = aws_shape(i);
        assert_true(s->min <= s->max || s->type == AWS_BOOL || s->type == AWS_STRUCT);
        assert_true(!s->match == !s->pattern);
        assert_true(s->type != AWS_STRUCT || s->members);
    }
    for (unsigned i = 0; i < AWS_OP__COUNT; i++) {
        const struct aws_operation *op = aws_operation(i);
        done += !op->unsupported;
        assert_true(!op->unsupported || op->unsupported[strlen(op->unsupported) - 1] == '.');
        if (op->service == AWS_DS)
            assert_ptr_equal(aws_operation_by_target(span_str(
                                 arena_printf(&arena, "DirectoryService_20150416.%s", op->name))),
                             op);
        else
            assert_null(aws_operation_by_target(
                span_str(arena_printf(&arena, "DirectoryService_20150416.%s", op->name))));
    }
    assert_int_equal(AWS_OP__COUNT, 80 + 17);
    assert_true(done > 45);
    assert_ptr_equal(aws_operation_by_path(SPAN_LIT("/Users/CreateUser")),
                     aws_operation(AWS_OP_CreateUser));
    assert_ptr_equal(aws_operation_by_path(SPAN_LIT("/GroupMemberships/ListGroupMembers")),
                     aws_operation(AWS_OP_ListGroupMembers));
    assert_null(aws_operation_by_path(SPAN_LIT("/Groups/CreateUser")));
    assert_null(aws_operation_by_path(SPAN_LIT("/")));
}

static void test_good_requests(void **state)
{
    (void)state;
    assert_ok(check(AWS_OP_DescribeDirectories, ""));
    assert_ok(check(AWS_OP_DescribeDirectories, "{\"DirectoryIds\":[],\"Limit\":0}"));
    assert_ok(check(AWS_OP_CreateTrust, TRUST("")));
    assert_ok(check(AWS_OP_CreateTrust, TRUST(",\"ConditionalForwarderIpAddrs\":[\"10.0.0.1\"],"
                                              "\"SelectiveAuth\":null")));
    assert_ok(check(AWS_OP_CreateUser, "{\"DirectoryId\":\"d-0123456789\",\"SAMAccountName\":"
                                       "\"a.b\",\"OtherAttributes\":{\"department\":{\"S\":"
                                       "\"x\"}}}"));
}

/* Each names the member and what was expected. */
static void test_bad_requests(void **state)
{
    static const struct {
        enum aws_operation_id op;
        const char *body, *error, *member, *expected;
    } rows[] = {
        {AWS_OP_DescribeTrusts, "{\"DirectoryId\":\"d-012345678G\"}", "ValidationException",
         "'directoryId'", "^d-[0-9a-f]{10}$"},
        {AWS_OP_DescribeTrusts, "{\"TrustIds\":[\"t-0123456789\",\"x\"]}", "ValidationException",
         "'trustIds.2.member'", "^t-[0-9a-f]{10}$"},
        {AWS_OP_VerifyTrust, "{}", "ValidationException", "'trustId'", "not be null"},
        {AWS_OP_VerifyTrust, "{\"TrustId\":7}", "SerializationException", "'trustId'", "a string"},
        {AWS_OP_VerifyTrust, "{\"TrustId\":\"t-0123456789\",\"Force\":true}", "ValidationException",
         "''", "unknown member 'Force'"},
        {AWS_OP_CreateTrust, TRUST(",\"SelectiveAuth\":\"On\""), "ValidationException",
         "'selectiveAuth'", "[Enabled|Disabled]"},
        {AWS_OP_CreateTrust, TRUST(",\"ConditionalForwarderIpAddrs\":[\"10.0.0.256\"]"),
         "ValidationException", "'conditionalForwarderIpAddrs.1.member'", "IPv4"},
        {AWS_OP_ListCertificates, "{\"DirectoryId\":\"d-0123456789\",\"Limit\":51}",
         "ValidationException", "'limit'", "less than or equal to 50"},
        {AWS_OP_ListCertificates, "{\"DirectoryId\":\"d-0123456789\",\"Limit\":1.5}",
         "SerializationException", "'limit'", "an integer"},
        {AWS_OP_CreateMicrosoftAD,
         "{\"Name\":\"a.example.com\",\"Password\":\"Passw0rd\",\"VpcSettings\":{\"VpcId\":\"vpc-"
         "1\","
         "\"SubnetIds\":[]}}",
         "ValidationException", "'vpcSettings.vpcId'", "vpc-[0-9a-f]{8}"},
        {AWS_OP_CreateComputer,
         "{\"DirectoryId\":\"d-0123456789\",\"ComputerName\":\"sixteen-letters-\",\"Password\":"
         "\"12345678\"}",
         "ValidationException", "'computerName'", "length less than or equal to 15"},
        {AWS_OP_CreateUser,
         "{\"DirectoryId\":\"d-0123456789\",\"SAMAccountName\":\"a\",\"OtherAttributes\":{\"a b\":{"
         "\"S\":\"x\"}}}",
         "ValidationException", "'otherAttributes.key'", "^[A-Za-z*]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_err(check(rows[i].op, rows[i].body), ERR_REFUSED);
        assert_string_equal(error, rows[i].error);
        if (!strstr(why, rows[i].member) || !strstr(why, rows[i].expected))
            fail_msg("%s", why);
    }
}

static void test_secrets_are_not_shown(void **state)
{
    (void)state;
    assert_err(check(AWS_OP_CreateMicrosoftAD, "{\"Name\":\"a.example.com\",\"Password\":"
                                               "\"hunter2secret\",\"VpcSettings\":{}}"),
               ERR_REFUSED);
    assert_non_null(strstr(why, "'password'"));
    assert_null(strstr(why, "hunter2"));
}

static void test_bodies(void **state)
{
    char deep[64];
    (void)state;
    assert_null(aws_parse(SPAN_LIT("[]")));
    assert_null(aws_parse(SPAN_LIT("{\"a\":1,\"a\":2}")));
    assert_null(aws_parse(SPAN_LIT("{\"a\":\"\xff\"}")));
    assert_null(aws_parse(SPAN_LIT("{")));
    memset(deep, '[', sizeof(deep));
    assert_null(aws_parse(span_of(deep, sizeof(deep))));
    assert_err(check(AWS_OP_CreateTrust, TRUST(",\"TrustType\":\"For\\u0000est\"")), ERR_REFUSED);
    assert_non_null(strstr(why, "U+0000"));
}

static void test_patterns(void **state)
{
    static const struct {
        bool (*match)(struct span, const char *);
        const char *how, *good[4], *bad[6];
    } rows[] = {
        {aws_match_id,
         "vpc-8|vpc-17",
         {"vpc-01234567", "vpc-0123456789abcdef0"},
         {"vpc-0123456", "vpc-0123456G", "vpc-012345678", "", "vpc-"}},
        {aws_match_domain,
         NULL,
         {"a.b", "a-b", "x1.y2.z3"},
         {"a", "a..b", ".a.b", "a.b.", "a_b.c"}},
        {aws_match_domain, ".", {"a.b.", "a.b"}, {"a.b..", "a.", "."}},
        {aws_match_short_name, NULL, {"AWS", "a b"}, {"", ".a", "a/b", "a*"}},
        {aws_match_alias, NULL, {"a", "my-alias", "dx"}, {"", "d-1", "D-a", "-a", "a-", "a_b"}},
        {aws_match_description, NULL, {"a", "_x y", "1\\z"}, {"", " a", "-a", "a$"}},
        {aws_match_address, "4", {"10.0.0.1"}, {"10.0.0", "::1", "10.0.0.1 ", "", "10.0.0.999"}},
        {aws_match_address, "6", {"::1", "fd00::10"}, {"10.0.0.1", ":", "fd00::1::2"}},
        {aws_match_cidr, "4", {"10.0.0.0/8"}, {"10.0.0.0", "10.0.0.0/0", "10.0.0.0/33", "/8"}},
        {aws_match_cidr, "6", {"fd00::/8", "::/0"}, {"fd00::", "fd00::/129"}},
        {aws_match_password,
         NULL,
         {"Passw0rd", "passw0rd!", "PASSW0RD!"},
         {"password1", "Passw0r", "PASSWORD1", "abcdefgh"}},
        {aws_match_printable, NULL, {"a b!", "\xc3\xa9"}, {"", "a\tb", "a\x7f"}},
        {aws_match_latin1, NULL, {"a\xc3\xbf"}, {"", "\xc4\x80", "a\n"}},
        {aws_match_tag, NULL, {"", "a b_.:/=+-@", "\xc3\xa9"}, {"a!", "a#b"}},
        {aws_match_set, "a-zA-Z0-9._-", {"a-Z.9_"}, {"a b", "a/"}},
        {aws_match_none_of, "\\/", {"ab"}, {"a/b", "\\"}},
        {aws_match_url,
         "http|https",
         {"http://a/b", "https://x"},
         {"ftp://a", "http://", "http://a b"}},
        {aws_match_prefix, "arn:", {"arn:aws:x"}, {"arn:", "urn:x", "arn:a b"}},
        {aws_match_ascii, NULL, {"a"}, {"\xc3\xa9"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t j = 0; j < 4 && rows[i].good[j]; j++) {
            if (!rows[i].match(span_str(rows[i].good[j]), rows[i].how))
                fail_msg("row %zu refuses \"%s\"", i, rows[i].good[j]);
        }
        for (size_t j = 0; j < 6 && rows[i].bad[j]; j++) {
            if (rows[i].match(span_str(rows[i].bad[j]), rows[i].how))
                fail_msg("row %zu takes \"%s\"", i, rows[i].bad[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_are_whole), cmocka_unit_test(test_good_requests),
        cmocka_unit_test(test_bad_requests),     cmocka_unit_test(test_secrets_are_not_shown),
        cmocka_unit_test(test_bodies),           cmocka_unit_test(test_patterns),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
