#include "awsapi/aws_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the operation; the rest is a request's body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL, *why = NULL;
    struct arena a;
    if (size == 0)
        return 0;
    arena_init(&a, 4096, 1 << 20, 0);
    json_t *body = aws_parse(span_of(data + 1, size - 1));
    if (body &&
        aws_check(aws_operation(data[0] % AWS_OP__COUNT), body, &a, &error, &why) == ERR_REFUSED)
        ENT_ASSERT(error && why);
    json_decref(body);
    arena_fini(&a);
    return 0;
}
