/*
 * The PAC of an account's TGTs as a template: everything that [MS-KILE] 3.3.5.6.4 puts there, with
 * the places of what differs from ticket to ticket (times, counts, attributes, signatures) known.
 * A ticket costs a copy, a few patches and two signatures.
 *
 * Why it is what would be built anew: of what goes into it,
 *
 * - the account's record and the domain's names are its entry's condition (kdc_accounts.h): with
 *   another version of the account the template goes too;
 * - memberships hold while no link above the account has changed: dir_memberships_current, by the
 *   epochs of every group that was looked at, at any depth, groups of other scopes included;
 * - what password policy says (two times), the name of the client and the checksum type are kept
 *   beside it and compared;
 * - the domain controller's name is the process's.
 *
 * Renamed groups change nothing in a PAC, which has SIDs; deleted ones, changed scopes and SIDs
 * move their epochs.
 */
#ifndef KDC_KDC_TEMPLATE_H
#define KDC_KDC_TEMPLATE_H

#include "directory/token.h"
#include "wire/ms/pac.h"

struct kdc_request;
struct kdc_account;
struct policy_settings;

struct kdc_template {
    uint32_t bytes; /* of all of it */
    uint64_t usn;   /* at which the memberships were last found to hold */
    bool protected_user;
    int32_t cksumtype;
    int64_t can_change, must_change;
    struct span name; /* the client's, as in the ticket */
    const dir_id *visited;
    unsigned visited_count;
    struct pac_layout layout;
    const uint8_t *pac;
};

void kdc_template_free(struct kdc_template *t);

struct kdc_template_spec {
    const struct policy_settings *policy;
    struct span client_name; /* of the ticket, as text */
    int32_t cksumtype;       /* of krbtgt's key */
};
/* The account's template, made anew when it does not hold or says something else. It is good until
 * the end of the request. */
enum err kdc_template_get(struct kdc_request *r, struct kdc_account *client,
                          const struct kdc_template_spec *spec, const struct kdc_template **out);

/* A PAC of the template, to be signed, in the request's arena. attributes: enum
 * pac_attribute_flags. */
enum err kdc_template_fill(struct kdc_request *r, const struct kdc_account *client,
                           const struct kdc_template *t, int64_t authtime, uint32_t attributes,
                           uint8_t **pac_out, struct pac_layout *layout_out);

#endif
