#include "cli/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned status;
    struct span body;
    if (cli_http_parse(span_of(data, size), &status, &body) == ERR_OK)
        ENT_ASSERT(body.len <= size && status >= 100 && status < 600);
    return 0;
}
