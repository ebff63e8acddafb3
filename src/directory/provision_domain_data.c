#include "directory/provision_data.h"

#include "directory/provision.h"

/* systemFlags: not to be deleted, renamed or moved, in a domain. */
#define FIXED    "systemFlags: -1946157056\n"
#define CRITICAL "isCriticalSystemObject: TRUE\n"
#define SHOWN    "showInAdvancedViewOnly: FALSE\n"

#define POLICY_DOMAIN PROVISION_POLICY_DOMAIN
#define POLICY_DC     PROVISION_POLICY_DC

/* One account policy for the domain and, with zeros, the Builtin container. */
static const struct provision_row domain_rows[] = {
    {"%D", "domainDNS", provision_sd_domain,
     "instanceType: 5\n"
     "objectSid: %d\n"
     "auditingPolicy:: AAE=\n"
     "creationTime: %t\n"
     "forceLogoff: -9223372036854775808\n"
     "gPLink: [LDAP://CN=" POLICY_DOMAIN ",CN=Policies,CN=System,%D;0]\n"
     "lockoutDuration: -18000000000\n"
     "lockOutObservationWindow: -18000000000\n"
     "lockoutThreshold: 0\n"
     "maxPwdAge: -36288000000000\n"
     "minPwdAge: -864000000000\n"
     "minPwdLength: 7\n"
     "modifiedCount: 1\n"
     "modifiedCountAtLastProm: 0\n"
     "msDS-AllUsersTrustQuota: 1000\n"
     "msDS-Behavior-Version: %l\n"
     "msDS-ExpirePasswordsOnSmartCardOnlyAccounts: TRUE\n"
     "ms-DS-MachineAccountQuota: 10\n"
     "msDS-NcType: 0\n"
     "msDS-PerUserTrustQuota: 1\n"
     "msDS-PerUserTrustTombstonesQuota: 10\n"
     "nextRid: 1000\n"
     "nTMixedDomain: 0\n"
     "pwdHistoryLength: 24\n"
     "pwdProperties: 1\n"
     "serverState: 1\n"
     "uASCompat: 1\n" CRITICAL FIXED},
    {"CN=Deleted Objects,%D", "container", provision_sd_deleted_objects,
     "description: Default container for deleted objects\nisDeleted: TRUE\n" CRITICAL FIXED},
    {"CN=Builtin,%D", "builtinDomain", provision_sd_builtin,
     "objectSid: S-1-5-32\n"
     "creationTime: %t\n"
     "forceLogoff: -9223372036854775808\n"
     "lockoutDuration: -18000000000\n"
     "lockOutObservationWindow: -18000000000\n"
     "lockoutThreshold: 0\n"
     "maxPwdAge: -37108517437440\n"
     "minPwdAge: 0\n"
     "minPwdLength: 0\n"
     "modifiedCount: 1\n"
     "modifiedCountAtLastProm: 0\n"
     "nextRid: 1000\n"
     "pwdHistoryLength: 0\n"
     "pwdProperties: 0\n"
     "serverState: 1\n"
     "uASCompat: 1\n" CRITICAL FIXED SHOWN},
    {"CN=Computers,%D", "container", provision_sd_computers,
     "description: Default container for upgraded computer accounts\n" CRITICAL FIXED SHOWN},
    {"CN=Users,%D", "container", provision_sd_users,
     "description: Default container for upgraded user accounts\n" CRITICAL FIXED SHOWN},
    {"OU=Domain Controllers,%D", "organizationalUnit", provision_sd_domain_controllers,
     "description: Default container for domain controllers\n"
     "gPLink: [LDAP://CN=" POLICY_DC ",CN=Policies,CN=System,%D;0]\n" CRITICAL FIXED SHOWN},
    {"CN=ForeignSecurityPrincipals,%D", "container", NULL,
     "description: Default container for security identifiers (SIDs) associated with objects from "
     "external, trusted domains\n" CRITICAL FIXED SHOWN},
    {"CN=Infrastructure,%D", "infrastructureUpdate", provision_sd_infrastructure, CRITICAL FIXED},
    {"CN=LostAndFound,%D", "lostAndFound", provision_sd_domain_protected2,
     "description: Default container for orphaned objects\n" CRITICAL FIXED},
    {"CN=Managed Service Accounts,%D", "container", provision_sd_managed_accounts,
     "description: Default container for managed service accounts\n" SHOWN},
    {"CN=NTDS Quotas,%D", "msDS-QuotaContainer", provision_sd_quotas,
     "description: Quota specifications container\n"
     "msDS-TombstoneQuotaFactor: 100\nsystemFlags: -2147483648\n" CRITICAL},
    {"CN=Program Data,%D", "container", NULL,
     "description: Default location for storage of application data.\n"},
    {"CN=Microsoft,CN=Program Data,%D", "container", NULL,
     "description: Default location for storage of Microsoft application data.\n"},
    {"CN=Keys,%D", "container", NULL,
     "description: Default container for key credential objects\n"},
    {"CN=TPM Devices,%D", "msTPM-InformationObjectsContainer", NULL, NULL},

    {"CN=System,%D", "container", provision_sd_domain_protected1,
     "description: Builtin system settings\n" CRITICAL FIXED},
    {"CN=AdminSDHolder,CN=System,%D", "container", provision_sd_admin_holder, CRITICAL FIXED},
    {"CN=ComPartitions,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=ComPartitionSets,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=Default Domain Policy,CN=System,%D", "domainPolicy", NULL, CRITICAL},
    {"CN=AppCategories,CN=Default Domain Policy,CN=System,%D", "classStore", NULL, CRITICAL},
    {"CN=Dfs-Configuration,CN=System,%D", "dfsConfiguration", NULL, CRITICAL SHOWN},
    {"CN=DFSR-GlobalSettings,CN=System,%D", "msDFSR-GlobalSettings", NULL, "msDFSR-Flags: 48\n"},
    {"CN=DomainUpdates,CN=System,%D", "container", NULL, NULL},
    {"CN=Operations,CN=DomainUpdates,CN=System,%D", "container", NULL, NULL},
    {"CN=ActiveDirectoryUpdate,CN=DomainUpdates,CN=System,%D", "container", NULL, "revision: 15\n"},
    {"CN=Windows2003Update,CN=DomainUpdates,CN=System,%D", "container", NULL, "revision: 9\n"},
    {"CN=File Replication Service,CN=System,%D", "nTFRSSettings", NULL, CRITICAL FIXED},
    {"CN=FileLinks,CN=System,%D", "fileLinkTracking", NULL, CRITICAL FIXED},
    {"CN=ObjectMoveTable,CN=FileLinks,CN=System,%D", "linkTrackObjectMoveTable", NULL,
     CRITICAL FIXED},
    {"CN=VolumeTable,CN=FileLinks,CN=System,%D", "linkTrackVolumeTable", NULL, CRITICAL FIXED},
    {"CN=IP Security,CN=System,%D", "container", NULL, CRITICAL},
    {"CN=Meetings,CN=System,%D", "container", NULL, CRITICAL},
    {"CN=MicrosoftDNS,CN=System,%D", "container", provision_sd_domain_dns,
     "displayName: DNS Servers\n"},
    {"CN=Password Settings Container,CN=System,%D", "msDS-PasswordSettingsContainer", NULL,
     FIXED SHOWN},
    {"CN=Policies,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=" POLICY_DOMAIN ",CN=Policies,CN=System,%D", "groupPolicyContainer", NULL,
     "displayName: Default Domain Policy\n"
     "gPCFunctionalityVersion: 2\n"
     "gPCFileSysPath: \\\\%n\\sysvol\\%n\\Policies\\" POLICY_DOMAIN "\n"
     "versionNumber: 0\n"
     "flags: 0\n"
     "gPCMachineExtensionNames: [{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
     "{53D6AB1B-2488-11D1-A28C-00C04FB94F17}][{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"
     "{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}][{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}"
     "{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]\n" CRITICAL FIXED},
    {"CN=User,CN=" POLICY_DOMAIN ",CN=Policies,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=Machine,CN=" POLICY_DOMAIN ",CN=Policies,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=" POLICY_DC ",CN=Policies,CN=System,%D", "groupPolicyContainer", NULL,
     "displayName: Default Domain Controllers Policy\n"
     "gPCFunctionalityVersion: 2\n"
     "gPCFileSysPath: \\\\%n\\sysvol\\%n\\Policies\\" POLICY_DC "\n"
     "versionNumber: 0\n"
     "flags: 0\n"
     "gPCMachineExtensionNames: [{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"
     "{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]\n" CRITICAL FIXED},
    {"CN=User,CN=" POLICY_DC ",CN=Policies,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=Machine,CN=" POLICY_DC ",CN=Policies,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=PSPs,CN=System,%D", "msImaging-PSPs", NULL, CRITICAL},
    {"CN=RAS and IAS Servers Access Check,CN=System,%D", "container", NULL, CRITICAL FIXED},
    /* The largest RID in the upper half, the first one not yet given to a DC in the lower. */
    {"CN=RID Manager$,CN=System,%D", "rIDManager", NULL,
     "rIDAvailablePool: 4611686014132422208\n" CRITICAL FIXED},
    {"CN=RpcServices,CN=System,%D", "rpcContainer", NULL, CRITICAL FIXED},
    {"CN=Server,CN=System,%D", "samServer", NULL, "revision: 65543\n" CRITICAL FIXED},
    {"CN=WinsockServices,CN=System,%D", "container", NULL, CRITICAL FIXED},
    {"CN=WMIPolicy,CN=System,%D", "container", NULL, CRITICAL},
    {"CN=PolicyTemplate,CN=WMIPolicy,CN=System,%D", "container", NULL, CRITICAL},
    {"CN=PolicyType,CN=WMIPolicy,CN=System,%D", "container", NULL, CRITICAL},
    {"CN=SOM,CN=WMIPolicy,CN=System,%D", "container", NULL, CRITICAL},
    {"CN=WMIGPO,CN=WMIPolicy,CN=System,%D", "container", NULL, CRITICAL},
};
const struct provision_table provision_domain_objects = {domain_rows,
                                                         sizeof domain_rows / sizeof *domain_rows};

/* Beside CN=MicrosoftDNS, which each partition has with a descriptor of its own. */
static const struct provision_row zone_rows[] = {
    {"%X", "domainDNS", provision_sd_dns_partition,
     "description: Microsoft DNS Directory\nmsDS-NcType: 0\ninstanceType: 13\n"},
    {"CN=Deleted Objects,%X", "container", provision_sd_deleted_objects,
     "description: Deleted objects\nisDeleted: TRUE\n" CRITICAL FIXED},
    {"CN=LostAndFound,%X", "lostAndFound", provision_sd_domain_protected2, CRITICAL FIXED},
    {"CN=Infrastructure,%X", "infrastructureUpdate", provision_sd_domain_protected1,
     CRITICAL FIXED},
    {"CN=NTDS Quotas,%X", "msDS-QuotaContainer", NULL, CRITICAL FIXED},
};
const struct provision_table provision_zone_objects = {zone_rows,
                                                       sizeof zone_rows / sizeof *zone_rows};

static const struct provision_row references[] = {
    {"%D", NULL, NULL,
     "fSMORoleOwner: %o\n"
     "rIDManagerReference: CN=RID Manager$,CN=System,%D\n"
     "subRefs: %C\n"
     "subRefs: %X\n"
     "subRefs: %Y\n"
     "wellKnownObjects: B:32:6227F0AF1FC2410D8E3BB10615BB5B0F:CN=NTDS Quotas,%D\n"
     "wellKnownObjects: B:32:F4BE92A4C777485E878E9421D53087DB:CN=Microsoft,CN=Program Data,%D\n"
     "wellKnownObjects: B:32:09460C08AE1E4A4EA0F64AEE7DAA1E5A:CN=Program Data,%D\n"
     "wellKnownObjects: B:32:22B70C67D56E4EFB91E9300FCA3DC1AA:CN=ForeignSecurityPrincipals,%D\n"
     "wellKnownObjects: B:32:18E2EA80684F11D2B9AA00C04F79F805:CN=Deleted Objects,%D\n"
     "wellKnownObjects: B:32:2FBAC1870ADE11D297C400C04FD8D5CD:CN=Infrastructure,%D\n"
     "wellKnownObjects: B:32:AB8153B7768811D1ADED00C04FD8D5CD:CN=LostAndFound,%D\n"
     "wellKnownObjects: B:32:AB1D30F3768811D1ADED00C04FD8D5CD:CN=System,%D\n"
     "wellKnownObjects: B:32:A361B2FFFFD211D1AA4B00C04FD7D83A:OU=Domain Controllers,%D\n"
     "wellKnownObjects: B:32:AA312825768811D1ADED00C04FD8D5CD:%c\n"
     "wellKnownObjects: B:32:A9D1CA15768811D1ADED00C04FD8D5CD:%u\n"
     "otherWellKnownObjects: B:32:1EB93889E40C45DF9F0C64D23BBB6237:CN=Managed Service Accounts,%D\n"
     "otherWellKnownObjects: B:32:683A24E2E8164BD3AF86AC3C2CF3F981:CN=Keys,%D\n"},
    {"CN=Infrastructure,%D", NULL, NULL, "fSMORoleOwner: %o\n"},
    {"CN=RID Manager$,CN=System,%D", NULL, NULL, "fSMORoleOwner: %o\n"},
    {"%C", NULL, NULL,
     "subRefs: %S\n"
     "wellKnownObjects: B:32:6227F0AF1FC2410D8E3BB10615BB5B0F:CN=NTDS Quotas,%C\n"
     "wellKnownObjects: B:32:AB8153B7768811D1ADED00C04FD8D5CD:CN=LostAndFoundConfig,%C\n"
     "wellKnownObjects: B:32:18E2EA80684F11D2B9AA00C04F79F805:CN=Deleted Objects,%C\n"},
    {"%S", NULL, NULL, "fSMORoleOwner: %o\n"},
    {"CN=Partitions,%C", NULL, NULL, "fSMORoleOwner: %o\n"},
    {"CN=NTDS Site Settings,CN=%s,CN=Sites,%C", NULL, NULL, "interSiteTopologyGenerator: %o\n"},
    {"%X", NULL, NULL,
     "wellKnownObjects: B:32:6227F0AF1FC2410D8E3BB10615BB5B0F:CN=NTDS Quotas,%X\n"
     "wellKnownObjects: B:32:18E2EA80684F11D2B9AA00C04F79F805:CN=Deleted Objects,%X\n"
     "wellKnownObjects: B:32:2FBAC1870ADE11D297C400C04FD8D5CD:CN=Infrastructure,%X\n"
     "wellKnownObjects: B:32:AB8153B7768811D1ADED00C04FD8D5CD:CN=LostAndFound,%X\n"},
    {"%Y", NULL, NULL,
     "wellKnownObjects: B:32:6227F0AF1FC2410D8E3BB10615BB5B0F:CN=NTDS Quotas,%Y\n"
     "wellKnownObjects: B:32:18E2EA80684F11D2B9AA00C04F79F805:CN=Deleted Objects,%Y\n"
     "wellKnownObjects: B:32:2FBAC1870ADE11D297C400C04FD8D5CD:CN=Infrastructure,%Y\n"
     "wellKnownObjects: B:32:AB8153B7768811D1ADED00C04FD8D5CD:CN=LostAndFound,%Y\n"},
    {"CN=Infrastructure,%X", NULL, NULL, "fSMORoleOwner: %o\n"},
    {"CN=Infrastructure,%Y", NULL, NULL, "fSMORoleOwner: %o\n"},
};
const struct provision_table provision_references = {references,
                                                     sizeof references / sizeof *references};
