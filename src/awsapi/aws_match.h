/*
 * AWS's patterns as functions: each takes a value and a small table of its own. Code and not
 * regular expressions, because values come from the network and a backtracking engine must not see
 * them.
 */
#ifndef AWSAPI_AWS_MATCH_H
#define AWSAPI_AWS_MATCH_H

#include "base/span.h"

/* "d-10" or "vpc-8|vpc-17": a prefix and so many hexadecimal digits. */
bool aws_match_id(struct span value, const char *how);
/* Characters of a set, "a-z_-"; none of them. */
bool aws_match_set(struct span value, const char *how);
bool aws_match_none_of(struct span value, const char *how);
/* Begins so. */
bool aws_match_prefix(struct span value, const char *how);
/* A DNS name of two labels at least; how ".": a trailing dot is allowed. */
bool aws_match_domain(struct span value, const char *how);
bool aws_match_short_name(struct span value, const char *how);
bool aws_match_alias(struct span value, const char *how);
bool aws_match_description(struct span value, const char *how);
/* "4", "6". */
bool aws_match_address(struct span value, const char *how);
bool aws_match_cidr(struct span value, const char *how);
/* 8 to 64 characters of three kinds. */
bool aws_match_password(struct span value, const char *how);
/* Letters and digits of any script, ASCII punctuation, spaces. */
bool aws_match_printable(struct span value, const char *how);
/* U+0020 to U+00FF. */
bool aws_match_latin1(struct span value, const char *how);
bool aws_match_ascii(struct span value, const char *how);
/* Letters and digits of any script, spaces, and _.:/=+-@ */
bool aws_match_tag(struct span value, const char *how);
/* One of the schemes "http|https", "://", and characters of addresses. */
bool aws_match_url(struct span value, const char *how);

#endif
