/*
 * Shares: a directory shown to another account under an id of its own. A share lives in the record
 * of the directory that it shows, and ends with it:
 *
 *   {"id": "d-...", "account", "method": "handshake"|"organizations", "status", "notes", "created",
 *    "updated"}
 *
 * handshake asks the other account: PendingAcceptance, then Shared or Rejected. organizations does
 * not: all accounts of one service have one operator. A share that ends is not kept as Deleted; it
 * is gone.
 */
#ifndef CONTROL_CONTROL_SHARES_H
#define CONTROL_CONTROL_SHARES_H

#include "control/control_call.h"

/* With how many accounts a directory can be shared: AWS's numbers. */
#define CONTROL_SHARES_STANDARD   25
#define CONTROL_SHARES_ENTERPRISE 500

/* The account that the directory belongs to. */
const char *control_owner(const struct control_directory *d);
/* NULL: none yet. */
json_t *control_shares(const struct control_directory *d);
/* NULL: it is not shared with this account. */
json_t *control_share_with(const struct control_directory *d, struct span account);
/* The share of this id and its directory; NULL. */
json_t *control_share_by_id(const struct control *c, struct span id,
                            struct control_directory **of_out);
bool control_share_is(const json_t *share, const char *status);

#endif
