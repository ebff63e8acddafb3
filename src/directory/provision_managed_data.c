#include "directory/provision_data.h"

/* What a managed directory has beside a plain forest: the organizational unit that its owner
 * administers, the groups by which rights are delegated, and password policies to be adjusted. The
 * domain's administrators stay the service's own. Names and descriptions are those that AWS Managed
 * Microsoft AD has, because scripts look for them. */

#define FULL "RPWPCRCCDCLCLORCWOWDSDDTSW" /* everything */
#define READ "RPLCLORC"

#define DELEGATES  "OU=AWS Delegated Groups,%D"
#define OWN_UNIT   "OU=%b,%D"
#define GROUP(who) "CN=AWS Delegated " who "," DELEGATES
#define CRITICAL   "isCriticalSystemObject: TRUE\n"
#define SHOWN      "showInAdvancedViewOnly: FALSE\n"

const struct provision_delegate provision_delegates[] = {
    {"Account Operators",
     "May reset passwords and unlock accounts in the directory's own organizational unit",
     .apart = true},
    {"Active Directory Based Activation Administrators",
     "May create activation objects of Active Directory based activation"},
    {"Add Workstations To Domain Users", "May join computers to the domain"},
    {"Administrators", "May manage all objects of the directory's own organizational unit and the "
                       "members of the delegated groups"},
    {"Allowed to Authenticate Objects",
     "May authenticate to computers of the service across a trust with selective authentication"},
    {"Allowed to Authenticate to Domain Controllers",
     "May authenticate to domain controllers across a trust with selective authentication"},
    {"Deleted Object Lifetime Administrators", "May set for how long deleted objects can be "
                                               "restored"},
    {"Distributed File System Administrators", "May add and remove DFS namespaces and replication"},
    {"Domain Name System Administrators", "May manage the DNS zones of the domain"},
    {"Dynamic Host Configuration Protocol Administrators",
     "May authorize DHCP servers in the domain"},
    {"Enterprise Certificate Authority Administrators",
     "May deploy and manage certification authorities of the enterprise"},
    {"Fine Grained Password Policy Administrators",
     "May change the given password policies and to whom they apply"},
    {"FSx Administrators", "May manage file systems that are joined to the domain"},
    {"Group Policy Administrators", "May create, change and delete group policies and link them in "
                                    "the directory's own organizational unit"},
    {"Kerberos Delegation Administrators", "May enable delegation on accounts"},
    {"Managed Service Account Administrators", "May create and delete managed service accounts"},
    {"MS-NRPC Non-Compliant Devices",
     "Devices without secure channels are refused, also members of this group"},
    {"Remote Access Service Administrators", "May add and remove remote access servers"},
    {"Replicate Directory Changes Administrators", "May replicate changes, without secrets"},
    {"Server Administrators", "Administrators of all computers that are joined to the domain"},
    {"Sites and Services Administrators", "May manage the subnets of sites"},
    {"System Management Administrators", "May create and manage objects in System Management"},
    {"Terminal Server Licensing Administrators",
     "May add and remove terminal server license servers"},
    {"User Principal Name Suffix Administrators", "May add and remove suffixes of user principal "
                                                  "names"},
};
const unsigned provision_delegate_count = sizeof provision_delegates / sizeof *provision_delegates;
_Static_assert(sizeof provision_delegates / sizeof *provision_delegates <= PROVISION_DELEGATES_MAX,
               "each has its SID");

/* The owner rules what is below the unit, and may neither delete it nor rename it nor change who
 * has rights on it: so nothing of the parts that the service rests on is passed on by mistake. */
#define UNIT_RIGHTS                                                                                \
    "(OD;;WP;%(name);;%{Administrators})(OD;;WP;%(ou);;%{Administrators})"                         \
    "(A;;RPWPCRCCLCLORCSW;;;%{Administrators})(A;CIIO;" FULL ";;;%{Administrators})"               \
    "(OA;CIIO;CR;%(User-Force-Change-Password);%(user);%{Account Operators})"                      \
    "(OA;CIIO;RPWP;%(pwdLastSet);%(user);%{Account Operators})"                                    \
    "(OA;CIIO;RPWP;%(lockoutTime);%(user);%{Account Operators})"                                   \
    "(OA;CI;RPWP;%(gPLink);%(organizationalUnit);%{Group Policy Administrators})"                  \
    "(OA;CI;RPWP;%(gPOptions);%(organizationalUnit);%{Group Policy Administrators})"               \
    "(OA;CIIO;RPWP;%(msDS-AllowedToDelegateTo);;%{Kerberos Delegation Administrators})"
/* Explicit denials come before what is inherited from the unit above. */
#define KEPT_UNIT                                                                                  \
    "(D;;SDDTWDWO;;;%{Administrators})"                                                            \
    "(OD;;WP;%(name);;%{Administrators})(OD;;WP;%(ou);;%{Administrators})"
#define COMMON "D:AI(A;;" FULL ";;;SY)(A;;" FULL ";;;DA)(A;;" READ ";;;ED)(A;;" READ ";;;AU)"

#define POLICY_SD                                                                                  \
    "D:(A;;" FULL ";;;DA)(A;;" FULL ";;;SY)"                                                       \
    "(A;;" READ                                                                                    \
    ";;;%{Fine Grained Password Policy Administrators})" POLICY_WRITE("msDS-PSOAppliesTo")         \
        POLICY_WRITE("msDS-MinimumPasswordLength") POLICY_WRITE("msDS-MinimumPasswordAge")         \
            POLICY_WRITE("msDS-MaximumPasswordAge") POLICY_WRITE("msDS-PasswordHistoryLength")     \
                POLICY_WRITE("msDS-PasswordComplexityEnabled")                                     \
                    POLICY_WRITE("msDS-PasswordReversibleEncryptionEnabled")                       \
                        POLICY_WRITE("msDS-LockoutThreshold") POLICY_WRITE("msDS-LockoutDuration") \
                            POLICY_WRITE("msDS-LockoutObservationWindow")
#define POLICY_WRITE(attr) "(OA;;WP;%(" attr ");;%{Fine Grained Password Policy Administrators})"

/* Its precedence is fixed; everything else is its owner's to set. */
#define POLICY(number, precedence)                                                                 \
    {                                                                                              \
        "CN=CustomerPSO-0" number ",CN=Password Settings Container,CN=System,%D",                  \
            "msDS-PasswordSettings", POLICY_SD,                                                    \
            "msDS-PasswordSettingsPrecedence: " precedence "\n"                                    \
            "msDS-PasswordHistoryLength: 24\n"                                                     \
            "msDS-MaximumPasswordAge: -36288000000000\n"                                           \
            "msDS-MinimumPasswordAge: -864000000000\n"                                             \
            "msDS-MinimumPasswordLength: 7\n"                                                      \
            "msDS-PasswordComplexityEnabled: TRUE\n"                                               \
            "msDS-PasswordReversibleEncryptionEnabled: FALSE\n"                                    \
            "msDS-LockoutThreshold: 5\n"                                                           \
            "msDS-LockoutDuration: -18000000000\n"                                                 \
            "msDS-LockoutObservationWindow: -18000000000\n"                                        \
    }

static const struct provision_row managed_rows[] = {
    {DELEGATES, "organizationalUnit", COMMON "(OA;CIIO;RPWP;%(member);%(group);%{Administrators})",
     "description: Groups to which the service delegates rights\n" CRITICAL SHOWN},
    {"OU=AWS Reserved,%D", "organizationalUnit",
     COMMON "(OA;CIIO;CR;%(Allowed-To-Authenticate);%(computer);"
            "%{Allowed to Authenticate Objects})",
     "description: What the service itself needs\n" CRITICAL SHOWN},
    {OWN_UNIT, "organizationalUnit", COMMON UNIT_RIGHTS,
     "description: What the directory's owner administers\n" CRITICAL SHOWN},
    {"OU=Computers," OWN_UNIT, "organizationalUnit",
     COMMON KEPT_UNIT "(OA;;CC;%(computer);;%{Add Workstations To Domain Users})",
     "description: Default container for computer accounts\n" CRITICAL SHOWN},
    {"OU=Users," OWN_UNIT, "organizationalUnit", COMMON KEPT_UNIT,
     "description: Default container for user accounts\n" CRITICAL SHOWN},
    {"CN=System Management,CN=System,%D", "container",
     COMMON "(A;CI;" FULL ";;;%{System Management Administrators})", NULL},
    {"CN=Microsoft SPP,CN=Services,%C", "msSPP-ActivationObjectsContainer",
     COMMON "(A;CIIO;" FULL ";;;%{Active Directory Based Activation Administrators})"
            "(A;;CC;;;%{Active Directory Based Activation Administrators})",
     NULL},
    {"CN=Activation Objects,CN=Microsoft SPP,CN=Services,%C", "msSPP-ActivationObjectsContainer",
     COMMON "(A;CIIO;" FULL ";;;%{Active Directory Based Activation Administrators})"
            "(A;;CCDC;;;%{Active Directory Based Activation Administrators})",
     NULL},
    POLICY("1", "10"),
    POLICY("2", "20"),
    POLICY("3", "30"),
    POLICY("4", "40"),
    POLICY("5", "50"),
};
const struct provision_table provision_managed_objects = {managed_rows, sizeof managed_rows /
                                                                            sizeof *managed_rows};

/* Entries added to the descriptors of objects that every forest has. */
const struct provision_grant provision_grants[] = {
    {"%D", "(OA;;CR;%(DS-Replication-Get-Changes);;%{Replicate Directory Changes Administrators})"},
    {"%C", "(OA;;CR;%(DS-Replication-Get-Changes);;%{Replicate Directory Changes Administrators})"},
    {"CN=Policies,CN=System,%D", "(OA;;CCDC;%(groupPolicyContainer);;"
                                 "%{Group Policy Administrators})"},
    {"CN=Password Settings Container,CN=System,%D",
     "(A;;" READ ";;;%{Fine Grained Password Policy Administrators})"},
    {"CN=Partitions,%C", "(OA;;RPWP;%(uPNSuffixes);;%{User Principal Name Suffix Administrators})"},
    {"CN=Directory Service,CN=Windows NT,CN=Services,%C",
     "(OA;;RPWP;%(msDS-DeletedObjectLifetime);;%{Deleted Object Lifetime Administrators})"},
    {"CN=Subnets,CN=Sites,%C",
     "(OA;;CCDC;%(subnet);;%{Sites and Services Administrators})"
     "(OA;CIIO;" FULL ";;%(subnet);%{Sites and Services Administrators})"},
    {"CN=NetServices,CN=Services,%C",
     "(OA;;CCDC;%(dHCPClass);;%{Dynamic Host Configuration Protocol Administrators})"
     "(OA;CIIO;" FULL ";;%(dHCPClass);%{Dynamic Host Configuration Protocol Administrators})"},
    {"CN=Public Key Services,CN=Services,%C",
     "(A;CIIO;" FULL ";;;%{Enterprise Certificate Authority Administrators})"
     "(A;;CCLCRPLO;;;%{Enterprise Certificate Authority Administrators})"},
    {"CN=Dfs-Configuration,CN=System,%D",
     "(A;;CCDCLCRPLO;;;%{Distributed File System Administrators})"
     "(A;CIIO;" FULL ";;;%{Distributed File System Administrators})"},
    {"CN=DFSR-GlobalSettings,CN=System,%D",
     "(A;;CCDCLCRPLO;;;%{Distributed File System Administrators})"
     "(A;CIIO;" FULL ";;;%{Distributed File System Administrators})"},
    {"CN=Managed Service Accounts,%D",
     "(OA;;CCDC;%(msDS-ManagedServiceAccount);;%{Managed Service Account Administrators})"
     "(OA;;CCDC;%(msDS-GroupManagedServiceAccount);;%{Managed Service Account Administrators})"
     "(OA;CIIO;" FULL ";;%(msDS-ManagedServiceAccount);%{Managed Service Account Administrators})"
     "(OA;CIIO;" FULL
     ";;%(msDS-GroupManagedServiceAccount);%{Managed Service Account Administrators})"},
    {"CN=RAS and IAS Servers,CN=Users,%D",
     "(OA;;RPWP;%(member);;%{Remote Access Service Administrators})"},
    {"CN=Terminal Server License Servers,CN=Builtin,%D",
     "(OA;;RPWP;%(member);;%{Terminal Server Licensing Administrators})"},
    {"OU=Domain Controllers,%D", "(OA;CIIO;CR;%(Allowed-To-Authenticate);%(computer);"
                                 "%{Allowed to Authenticate to Domain Controllers})"},
    /* Who may reset passwords in the unit does not become its administrator by that; its
     * administrators are apart from that group, or they would be denied, too. */
    {"CN=Admin,OU=Users," OWN_UNIT, "(OD;;CR;%(User-Force-Change-Password);;%{Account Operators})"},
};
const unsigned provision_grant_count = sizeof provision_grants / sizeof *provision_grants;
_Static_assert(sizeof provision_grants / sizeof *provision_grants <= PROVISION_GRANTS_MAX,
               "each has its name");

static const struct provision_row managed_references[] = {
    {"CN=DnsAdmins,CN=Users,%D", NULL, NULL,
     "member: " GROUP("Domain Name System Administrators") "\n"},
    {GROUP("Administrators"), NULL, NULL, "member: CN=Admin,OU=Users," OWN_UNIT "\n"},
};
const struct provision_table provision_managed_references = {
    managed_references, sizeof managed_references / sizeof *managed_references};
