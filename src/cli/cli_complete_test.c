#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/cli.h"

/* What is offered, one a line. */
static char *offered(const char *line)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cli_complete(span_str(line), out);
    fclose(out);
    return text;
}

static void each_place_of_a_line(void **state)
{
    static const struct {
        const char *line, *offers;
    } rows[] = {
        {"entente sn", "snapshot\n"},
        {"entente d", "directory\ndc\n"},
        {"entente se", "service\nserve\n"},
        {"entente dc ", "add\nlist\nremove\n"},
        {"entente  dc  re", "remove\n"},
        {"entente dc add --", "--address\n--subnet\n--host\n--directory\n--wait\n"},
        {"entente dc add --host x --a", "--address\n"},
        {"entente dc remove ", "--directory\n--wait\n"},
        {"entente user set-password x --p", "--password-file\n"},
        {"entente nothing ", ""},
        {"entente -", "--socket\n--output\n--help\n"},
        {"entente --o", "--output\n"},
        {"entente --output ", "json\ntext\n"},
        {"entente --output j", "json\n"},
        {"entente --socket /x", ""},
        {"entente --output json dc re", "remove\n"},
        {"entente --socket /x --output json dc remove x --w", "--wait\n"},
        {"entente config ", "check\nshow\n"},
        {"entente config show --e", "--effective\n"},
        {"entente restore /backup --k", "--key-file\n"},
        {"entente serve --", "--config\n--help\n"},
        {"entente dc nothing ", ""},
        {"entente trust create x --direction ", "outgoing\nincoming\ntwo-way\n"},
        {"entente trust create x --direction o", "outgoing\n"},
        {"entente trust create x --direction outgoing --ty", "--type\n"},
        {"entente trust create x --password-file ", ""},
        {"entente trust create x --selective-auth --ty", "--type\n"},
        {"entente dc add --wait --h", "--host\n"},
        {"entente", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = offered(rows[i].line);
        if (strcmp(text, rows[i].offers) != 0)
            fail_msg("\"%s\" offers\n%s", rows[i].line, text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_place_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
