/*
 * Trusts, inside control: this side's half, how far each has come, and what was proved of both.
 *
 * The state of a trust has AWS's names. Every trust of every directory is watched, also those that
 * were made through the LSA: what is not proved is proved again and again (control_trust_watch.c),
 * so a trust whose other half comes later, or comes back, is Verified without anybody's doing.
 */
#ifndef CONTROL_CONTROL_TRUSTS_H
#define CONTROL_CONTROL_TRUSTS_H

#include "auth/trust_facts.h"
#include "control/control_call.h"
#include "trust/trust_ask.h"

/* How often what was built on a trust is built again because somebody else changed it. */
#define CONTROL_TRUST_TRIES 4

/* --- control_trusts.c: facts --- */

/* "outgoing", "incoming", "two-way" and the bits; TRUST_DISABLED: no such word. */
uint32_t control_trust_direction(struct span word);
const char *control_trust_direction_word(uint32_t value);
enum err control_trust_local(struct control_call *call, struct trust_local *out);
/* The trust with this partner, or that of the argument "partner"; refuses when there is none. What
 * it points to outlives the snapshot. */
enum err control_trust_named(struct control_call *call, struct span partner, struct trust *out);
enum err control_trust_find(struct control_call *call, struct trust *out);
/* The sentence that always goes with a direction, and what the other administrator chooses. */
enum err control_trust_add_sentence(struct control_call *call, const struct trust *t, json_t *into);

/* --- control_trust_state.c --- */

/* detail is used with a reason only: why it failed, or, with Verified, a warning. background:
 * nobody asked, and what stays as it was is neither an event nor written. */
enum err control_trust_set_state(struct control_call *call, const struct trust *t,
                                 const char *state, enum reason reason, struct span detail,
                                 bool background);
void control_trust_forget_state(struct control_call *call, struct span partner);
/* state, since, reason, detail, checked, next_check, rotate_days, password_changed. */
void control_trust_add_state(struct control_call *call, const struct trust *t, json_t *into);
/* How long a trust in this state since that time is left alone. */
utime control_trust_patience(const char *state, bool warned, utime since, utime now);

/* --- control_trust_hear.c --- */

/* A partner that shows that it has the trust's secret, after it was silent, has its half now: a
 * trust that is not proved is then proved at once, however long it was not. The snapshot is open.
 */
bool control_trust_is_heard(struct control_call *call, const struct trust *t);
/* A proof begins: what was heard until now is no news after it. If it was, the trust is as one that
 * somebody is at: "stirred" is when. */
void control_trust_hear_begun(struct control_call *call, const struct trust *t);

/* --- control_trust_watch.c --- */

/* Proves this trust now, in a task of its own; when that is going on already, once more after it.
 * While it goes on, the directory's "checking" has a text for this partner. */
void control_trust_check(struct control *c, struct control_directory *d, struct span partner);

/* --- control_trust_guess.c --- */

/* A partner that cannot be reached does not tell its NetBIOS name. A trust that is made all the
 * same has a guess for it, and the entry of its state keeps the password, sealed, until the partner
 * was heard: then the guess stands, or the trust's account gets its true name.
 *
 * The guess: the first label, or second is set, a name that nobody else has. */
struct span control_trust_guess(struct control_call *call, struct span partner, bool second);
enum err control_trust_guessed(struct control_call *call, const struct trust *t,
                               struct span password);
/* Asks the partner, if there is a guess. One that does not answer is none of an error. */
enum err control_trust_ask_name(struct control_call *call, struct trust *t);

/* --- control_instructions.c --- */

/* A list of {tool, lines}: what the other administrator types to make the other half. */
enum err control_trust_instruct(struct control_call *call, const struct trust *t, json_t **out);

/* --- control_namespaces.c --- */

/* Stores what the partner's forest claims, as long as the trust is the one that t was read from:
 * else refused with DIR_TRUST_STALE. */
enum err control_trust_put_names(struct control_call *call, const struct trust *t,
                                 const struct forest_record *records, unsigned count);

/* --- control_trust_rotate.c --- */

/* Completes a change of the password that was cut short, and begins one when the password is old.
 */
enum err control_trust_age(struct control_call *call, const struct trust *t);
/* Fetches what the partner's forest claims, over the secure channel, and merges it with what is
 * stored. */
enum err control_trust_refresh(struct control_call *call, const struct trust *t);

/* --- control_trust_remote.c --- */

/* With the argument "remote-admin": makes the partner's half, which is complementary to t and has
 * this password, and learns its names; or deletes it. Without: does nothing. *undo_out is what
 * takes the half away again, whatever fails once it may be there: TRUST_REMOTE_MAKE, nothing. */
enum err control_trust_remote_make(struct control_call *call, struct trust *t, struct span password,
                                   enum trust_remote_act *undo_out);
enum err control_trust_remote_delete(struct control_call *call, const struct trust *t,
                                     enum trust_remote_act how);

/* --- control_trust_ask.c --- */

/* Asks the first domain controller of ours that can be asked. */
enum err control_trust_ask_peer(struct control_call *call, uint32_t type, struct span partner,
                                utime timeout, struct trust_report *out);
/* The same for messages whose answer is a struct trust_answer: its stub. t is with whom. */
enum err control_trust_ask_stub(struct control_call *call, uint32_t type, const struct trust *t,
                                struct span payload, utime timeout, struct span *stub_out);
/* A verification from every domain controller of ours at the same time. The report has the rows of
 * all, with a row of status unknown for one that could not be asked. Refused: none could. */
enum err control_trust_ask_peers(struct control_call *call, struct span partner,
                                 struct trust_report *out);
/* What was seen first with this status, from where and toward whom. */
struct span control_trust_first(struct control_call *call, const struct trust_report *report,
                                enum trust_status status);

/* --- control_names.c --- */

/* Who is called so in a forest that we trust: "CORP\\alice", "alice@corp.example.com".
 * ERR_NOT_FOUND, and nothing refused: the name points to no trust. Refused: we do not trust that
 * one, it cannot be asked, or it knows nobody of this name. */
enum err control_partner_sid(struct control_call *call, struct span name, struct sid *out);
/* Of a SID, a name of such a forest, or an account or group of our own. */
enum err control_principal_sid(struct control_call *call, struct span name, struct sid *out);

/* --- control_trust_verify.c --- */

/* Stores what t says; info: also what the partner's forest claims at least. Refused with
 * DIR_TRUST_STALE when the trust is another than t was read from. */
enum err control_trust_put(struct control_call *call, const struct trust *t, struct span password,
                           bool info);
/* The same with a flat name that was another one until now. */
enum err control_trust_rename(struct control_call *call, const struct trust *t,
                              struct span password);
/* Proves, learns what was not known, and keeps the outcome as the trust's state. */
enum err control_trust_prove(struct control_call *call, struct trust *t, bool background,
                             struct trust_report *report, enum trust_status *verdict_out);

#endif
