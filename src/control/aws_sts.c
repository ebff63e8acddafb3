#include "control/aws_call.h"

#define NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"

char *aws_sts_error(const char *code, const char *message, const char *request_id)
{
    char *text = NULL;
    if (asprintf(&text,
                 "<ErrorResponse xmlns=\"" NAMESPACE "\"><Error><Type>Sender</Type><Code>%s</Code>"
                 "<Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>\n",
                 code, message, request_id) < 0)
        return NULL;
    return text;
}

/* "Action=GetCallerIdentity&Version=2011-06-15", in any order. */
static bool asks_identity(struct span body)
{
    struct span wanted = SPAN_LIT("Action=GetCallerIdentity");
    while (body.len) {
        const uint8_t *end = memchr(body.ptr, '&', body.len);
        size_t len = end ? (size_t)(end - body.ptr) : body.len;
        if (span_eq(span_sub(body, 0, len), wanted))
            return true;
        body = span_sub(body, len + 1, body.len);
    }
    return false;
}

char *aws_sts(struct span body, struct span account, struct span key_id, const char *request_id,
              unsigned *status_out)
{
    char *text = NULL;
    if (!asks_identity(body)) {
        *status_out = 400;
        return aws_sts_error("InvalidAction", "Of STS there is GetCallerIdentity only.",
                             request_id);
    }
    *status_out = 200;
    if (asprintf(&text,
                 "<GetCallerIdentityResponse xmlns=\"" NAMESPACE "\"><GetCallerIdentityResult>"
                 "<Arn>arn:aws:iam::%.*s:user/%.*s</Arn><UserId>%.*s</UserId>"
                 "<Account>%.*s</Account></GetCallerIdentityResult><ResponseMetadata>"
                 "<RequestId>%s</RequestId></ResponseMetadata></GetCallerIdentityResponse>\n",
                 SPAN_ARG(account), SPAN_ARG(key_id), SPAN_ARG(key_id), SPAN_ARG(account),
                 request_id) < 0)
        return NULL;
    return text;
}
