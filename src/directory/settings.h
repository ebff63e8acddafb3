/*
 * A directory's settings: kept in the directory itself, so that every process sees a change with
 * its next snapshot. What is absent has the default given here.
 */
#ifndef DIRECTORY_SETTINGS_H
#define DIRECTORY_SETTINGS_H

#include "directory/directory.h"

#define DIR_SETTINGS_FORWARDERS_MAX 8
#define DIR_SETTINGS_NETWORKS_MAX   64
#define DIR_UDP_REPLY_LIMIT         1400

struct dir_settings {
    bool allow_rc4;            /* enctype 23 tickets; off */
    bool allow_cleartext_bind; /* LDAP simple bind without TLS; off */
    bool tls_1_0, tls_1_1;     /* versions that LDAPS takes beside 1.2 and 1.3; off */
    bool tls_3des;             /* its old cipher; off */
    bool tls_aes_128;          /* on; off leaves AES-256 and ChaCha20 */
    uint32_t udp_reply_limit;  /* Kerberos replies above it answer RESPONSE_TOO_BIG;
                                  DIR_UDP_REPLY_LIMIT */
    unsigned forwarder_count;  /* DNS servers for all other names; none: REFUSED */
    char forwarder[DIR_SETTINGS_FORWARDERS_MAX][46]; /* IP addresses as text */
    unsigned network_count; /* who may ask for other names, see serve/role_dns.c */
    char network[DIR_SETTINGS_NETWORKS_MAX][50]; /* CIDR */
};

void dir_settings_default(struct dir_settings *out);
/* The stored form: one "name=value" line each, so that a newer version's unknown lines are kept
 * apart from errors. ERR_MALFORMED names nothing: the writer checks before it stores. */
enum err dir_settings_decode(struct span stored, struct dir_settings *out);
enum err dir_settings_encode(const struct dir_settings *in, struct arena *a, struct span *out);
/* Of the snapshot; defaults when nothing is stored. */
enum err dir_settings(const struct dir_snap *s, struct dir_settings *out);
#define DIR_META_SETTINGS SPAN_LIT("settings")

#endif
