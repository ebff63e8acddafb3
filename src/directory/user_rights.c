#include "directory/user_rights.h"

#include "base/text.h"
#include "directory/change.h"

/* clang-format off */
/* Names and numbers: [MS-LSAD] 3.1.1.2.1; rights to log on: 2.2.1.1.2. */
const struct user_right user_rights[] = {
    {"SeCreateTokenPrivilege", "Create a token object", 2, 0},
    {"SeAssignPrimaryTokenPrivilege", "Replace a process level token", 3, 0},
    {"SeLockMemoryPrivilege", "Lock pages in memory", 4, 0},
    {"SeIncreaseQuotaPrivilege", "Adjust memory quotas for a process", 5, 0},
    {"SeMachineAccountPrivilege", "Add workstations to domain", 6, 0},
    {"SeTcbPrivilege", "Act as part of the operating system", 7, 0},
    {"SeSecurityPrivilege", "Manage auditing and security log", 8, 0},
    {"SeTakeOwnershipPrivilege", "Take ownership of files or other objects", 9, 0},
    {"SeLoadDriverPrivilege", "Load and unload device drivers", 10, 0},
    {"SeSystemProfilePrivilege", "Profile system performance", 11, 0},
    {"SeSystemtimePrivilege", "Change the system time", 12, 0},
    {"SeProfileSingleProcessPrivilege", "Profile single process", 13, 0},
    {"SeIncreaseBasePriorityPrivilege", "Increase scheduling priority", 14, 0},
    {"SeCreatePagefilePrivilege", "Create a pagefile", 15, 0},
    {"SeCreatePermanentPrivilege", "Create permanent shared objects", 16, 0},
    {"SeBackupPrivilege", "Back up files and directories", 17, 0},
    {"SeRestorePrivilege", "Restore files and directories", 18, 0},
    {"SeShutdownPrivilege", "Shut down the system", 19, 0},
    {"SeDebugPrivilege", "Debug programs", 20, 0},
    {"SeAuditPrivilege", "Generate security audits", 21, 0},
    {"SeSystemEnvironmentPrivilege", "Modify firmware environment values", 22, 0},
    {"SeChangeNotifyPrivilege", "Bypass traverse checking", 23, 0},
    {"SeRemoteShutdownPrivilege", "Force shutdown from a remote system", 24, 0},
    {"SeUndockPrivilege", "Remove computer from docking station", 25, 0},
    {"SeSyncAgentPrivilege", "Synchronize directory service data", 26, 0},
    {"SeEnableDelegationPrivilege", "Enable computer and user accounts to be trusted for delegation", 27, 0},
    {"SeManageVolumePrivilege", "Perform volume maintenance tasks", 28, 0},
    {"SeImpersonatePrivilege", "Impersonate a client after authentication", 29, 0},
    {"SeCreateGlobalPrivilege", "Create global objects", 30, 0},
    {"SeTrustedCredManAccessPrivilege", "Access Credential Manager as a trusted caller", 31, 0},
    {"SeRelabelPrivilege", "Modify an object label", 32, 0},
    {"SeIncreaseWorkingSetPrivilege", "Increase a process working set", 33, 0},
    {"SeTimeZonePrivilege", "Change the time zone", 34, 0},
    {"SeCreateSymbolicLinkPrivilege", "Create symbolic links", 35, 0},
    {"SeInteractiveLogonRight", "Allow log on locally", 0, 0x1},
    {"SeNetworkLogonRight", "Access this computer from the network", 0, 0x2},
    {"SeBatchLogonRight", "Log on as a batch job", 0, 0x4},
    {"SeServiceLogonRight", "Log on as a service", 0, 0x10},
    {"SeDenyInteractiveLogonRight", "Deny log on locally", 0, 0x40},
    {"SeDenyNetworkLogonRight", "Deny access to this computer from the network", 0, 0x80},
    {"SeDenyBatchLogonRight", "Deny log on as a batch job", 0, 0x100},
    {"SeDenyServiceLogonRight", "Deny log on as a service", 0, 0x200},
    {"SeRemoteInteractiveLogonRight", "Allow log on through Remote Desktop Services", 0, 0x400},
    {"SeDenyRemoteInteractiveLogonRight", "Deny log on through Remote Desktop Services", 0, 0x800},
};
/* clang-format on */
const unsigned user_right_count = sizeof(user_rights) / sizeof(user_rights[0]);

int user_right_named(struct span name)
{
    for (unsigned i = 0; i < user_right_count; i++) {
        if (text_eq_fold(span_str(user_rights[i].name), name))
            return (int)i;
    }
    return -1;
}

int user_right_of_luid(uint64_t luid)
{
    for (unsigned i = 0; i < user_right_count; i++) {
        if (user_rights[i].luid && user_rights[i].luid == luid)
            return (int)i;
    }
    return -1;
}

/* --- defaults: those of the Default Domain Controllers Policy -------------------------------- */

#define LUID(n)       (1ull << ((n)-2)) /* privileges begin with number 2 */
#define INTERACTIVE   (1ull << 34)
#define NETWORK_LOGON (1ull << 35)
#define BATCH         (1ull << 36)

#define OF_ADMINISTRATORS                                                                          \
    (LUID(5) | LUID(8) | LUID(9) | LUID(10) | LUID(11) | LUID(12) | LUID(13) | LUID(14) |          \
     LUID(15) | LUID(17) | LUID(18) | LUID(19) | LUID(20) | LUID(22) | LUID(23) | LUID(24) |       \
     LUID(25) | LUID(27) | LUID(28) | LUID(29) | LUID(30) | LUID(35) | INTERACTIVE |               \
     NETWORK_LOGON | BATCH)
#define OF_SERVICES (LUID(3) | LUID(5) | LUID(21) | LUID(23) | LUID(29) | LUID(30))

static const struct {
    const char *sid;
    uint64_t rights;
} defaults[] = {
    {"S-1-1-0", LUID(23) | NETWORK_LOGON},
    {"S-1-5-6", LUID(29) | LUID(30)},
    {"S-1-5-9", INTERACTIVE | NETWORK_LOGON},
    {"S-1-5-11", LUID(6) | LUID(23) | NETWORK_LOGON},
    {"S-1-5-19", OF_SERVICES | LUID(12)},
    {"S-1-5-20", OF_SERVICES},
    {"S-1-5-32-544", OF_ADMINISTRATORS},
    {"S-1-5-32-548", INTERACTIVE},
    {"S-1-5-32-549", LUID(12) | LUID(17) | LUID(18) | LUID(19) | LUID(24) | INTERACTIVE},
    {"S-1-5-32-550", LUID(10) | LUID(19) | INTERACTIVE},
    {"S-1-5-32-551", LUID(17) | LUID(18) | LUID(19) | INTERACTIVE | BATCH},
    {"S-1-5-32-554", LUID(23) | NETWORK_LOGON},
    {"S-1-5-32-559", BATCH},
};
#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

static enum err by_default(struct arena *a, struct user_rights_account **list_out,
                           unsigned *count_out)
{
    struct user_rights_account *list = arena_new_array(a, DEFAULTS, struct user_rights_account);
    if (!list)
        return ERR_NOMEM;
    for (unsigned i = 0; i < DEFAULTS; i++) {
        TRY(sid_from_text(span_str(defaults[i].sid), &list[i].sid));
        list[i].rights = defaults[i].rights;
    }
    *list_out = list;
    *count_out = DEFAULTS;
    return ERR_OK;
}

/* --- stored: a version, then a SID and 64 bits for each account ------------------------------ */

#define VERSION   1
#define ENTRY_MIN 16

enum err user_rights_decode(struct span stored, struct arena *a,
                            struct user_rights_account **list_out, unsigned *count_out)
{
    struct user_rights_account *list =
        arena_new_array(a, stored.len / ENTRY_MIN + 1, struct user_rights_account);
    struct reader r = reader_of(stored);
    unsigned count = 0;
    if (!list)
        return ERR_NOMEM;
    if (reader_u8(&r) != VERSION)
        return ERR_MALFORMED;
    while (reader_left(&r)) {
        if (count == USER_RIGHTS_ACCOUNTS_MAX)
            return ERR_LIMIT;
        sid_read(&r, &list[count].sid);
        list[count++].rights = reader_le64(&r);
    }
    TRY(reader_end_whole(&r));
    *list_out = list;
    *count_out = count;
    return ERR_OK;
}

enum err user_rights_encode(const struct user_rights_account *list, unsigned count, struct arena *a,
                            struct span *out)
{
    struct builder b;
    if (count > USER_RIGHTS_ACCOUNTS_MAX)
        return ERR_LIMIT;
    builder_in(&b, a, 1 + USER_RIGHTS_ACCOUNTS_MAX * (SID_BYTES_MAX + 8));
    builder_u8(&b, VERSION);
    for (unsigned i = 0; i < count; i++) {
        sid_put(&b, &list[i].sid);
        builder_le64(&b, list[i].rights);
    }
    return builder_done(&b, out);
}

enum err dir_user_rights(const struct dir_snap *s, struct arena *a,
                         struct user_rights_account **list_out, unsigned *count_out)
{
    struct span stored;
    enum err e = dir_meta(s, DIR_META_USER_RIGHTS, &stored);
    if (e == ERR_NOT_FOUND)
        return by_default(a, list_out, count_out);
    TRY(e);
    return user_rights_decode(stored, a, list_out, count_out);
}
