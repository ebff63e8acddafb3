/*
 * The tables against Samba's ASN.1 schema of Kerberos: every member under the tag that the
 * specification gives to that name. (libkrb5 in krb_mit_test.c sees the bytes, not which member
 * they are.)
 */
#include <stdio.h>
#include <sys/wait.h>

#include "base/test.h"
#include "wire/krb/krb_msg.h"

#define PATH_MAX_LEN 256
#define TAG_NUMBER   0x1f
#define SKIPPED      77

static void print_rows(FILE *to, const char *message, const struct der_type *type, const char *path)
{
    char below[PATH_MAX_LEN];
    if (type->kind == DER_K_LIST) {
        snprintf(below, sizeof(below), "%s[]", path);
        print_rows(to, message, type->item, below);
    }
    for (unsigned i = 0; i < type->count; i++) {
        const struct der_field *f = &type->fields[i];
        unsigned inner = f->type->outer ? f->type->outer : f->type->tag;
        snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", f->name);
        fprintf(to, "%s %s %u %d %u\n", message, below, f->tag & TAG_NUMBER,
                f->flags & DER_OPTIONAL,
                f->type->outer ? f->type->tag & TAG_NUMBER : inner & TAG_NUMBER);
        print_rows(to, message, f->type, below);
    }
}

static void every_row_is_in_the_schema(void **state)
{
    (void)state;
    char command[1024];
    const char *folder = getenv("ENTENTE_SOURCE");
    snprintf(command, sizeof(command), "exec /usr/bin/python3 '%s/krb_schema_oracle.py' >&2",
             folder ? folder : ".");
    FILE *to = popen(command, "w");
    assert_non_null(to);
#define X(name, type) print_rows(to, #name, &krb_##name##_type, "");
    KRB_MESSAGES(X)
#undef X
    int status = pclose(to);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_is_in_the_schema)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
