#include "directory/provision_data.h"

/* groupType: security groups by scope ([MS-ADTS] 2.2.12). */
#define GLOBAL    ((int32_t)0x80000002)
#define LOCAL     ((int32_t)0x80000004)
#define UNIVERSAL ((int32_t)0x80000008)
#define ALIAS     ((int32_t)0x80000005) /* made by the system, domain-local */

#define B PROVISION_BUILTIN
#define P PROVISION_PROTECTED

#define ADMINISTRATOR "CN=%a,CN=Users,%D\n"
#define FOREIGN(sid)  "CN=" sid ",CN=ForeignSecurityPrincipals,%D\n"

const struct provision_group provision_groups[] = {
    {498, UNIVERSAL, 0, "Enterprise Read-only Domain Controllers",
     "Members of this group are Read-Only Domain Controllers in the enterprise", NULL},
    {512, GLOBAL, P, "Domain Admins", "Designated administrators of the domain", ADMINISTRATOR},
    {513, GLOBAL, 0, "Domain Users", "All domain users", NULL},
    {514, GLOBAL, 0, "Domain Guests", "All domain guests", NULL},
    {515, GLOBAL, 0, "Domain Computers", "All workstations and servers joined to the domain", NULL},
    {516, GLOBAL, P, "Domain Controllers", "All domain controllers in the domain", NULL},
    {517, LOCAL, 0, "Cert Publishers",
     "Members of this group are permitted to publish certificates to the directory", NULL},
    {518, UNIVERSAL, P, "Schema Admins", "Designated administrators of the schema", ADMINISTRATOR},
    {519, UNIVERSAL, P, "Enterprise Admins", "Designated administrators of the enterprise",
     ADMINISTRATOR},
    {520, GLOBAL, 0, "Group Policy Creator Owners",
     "Members in this group can modify group policy for the domain", ADMINISTRATOR},
    {521, GLOBAL, P, "Read-only Domain Controllers",
     "Members of this group are Read-Only Domain Controllers in the domain", NULL},
    {522, GLOBAL, 0, "Cloneable Domain Controllers",
     "Members of this group that are domain controllers may be cloned.", NULL},
    {525, GLOBAL, 0, "Protected Users",
     "Members of this group are afforded additional protections against authentication security "
     "threats",
     NULL},
    {526, GLOBAL, P, "Key Admins",
     "Members of this group can perform administrative actions on key objects within the domain.",
     NULL},
    {527, UNIVERSAL, P, "Enterprise Key Admins",
     "Members of this group can perform administrative actions on key objects within the forest.",
     NULL},
    {553, LOCAL, 0, "RAS and IAS Servers",
     "Servers in this group can access remote access properties of users", NULL},
    {571, LOCAL, 0, "Allowed RODC Password Replication Group",
     "Members in this group can have their passwords replicated to all read-only domain "
     "controllers "
     "in the domain",
     NULL},
    {572, LOCAL, 0, "Denied RODC Password Replication Group",
     "Members in this group cannot have their passwords replicated to any read-only domain "
     "controllers in the domain",
     "CN=Read-only Domain Controllers,CN=Users,%D\n"
     "CN=Group Policy Creator Owners,CN=Users,%D\n"
     "CN=Domain Admins,CN=Users,%D\n"
     "CN=Cert Publishers,CN=Users,%D\n"
     "CN=Enterprise Admins,CN=Users,%D\n"
     "CN=Schema Admins,CN=Users,%D\n"
     "CN=Domain Controllers,CN=Users,%D\n"
     "CN=krbtgt,CN=Users,%D\n"},
    {0, LOCAL, PROVISION_NEXT_RID, "DnsAdmins", "DNS Administrators Group", NULL},
    {0, GLOBAL, PROVISION_NEXT_RID, "DnsUpdateProxy",
     "DNS clients who are permitted to perform dynamic updates on behalf of some other clients "
     "(such "
     "as DHCP servers).",
     NULL},

    {544, ALIAS, B | P, "Administrators",
     "Administrators have complete and unrestricted access to the computer/domain",
     "CN=Domain Admins,CN=Users,%D\n"
     "CN=Enterprise Admins,CN=Users,%D\n" ADMINISTRATOR},
    {545, ALIAS, B, "Users",
     "Users are prevented from making accidental or intentional system-wide changes and can run "
     "most applications",
     "CN=Domain Users,CN=Users,%D\n" FOREIGN("S-1-5-4") FOREIGN("S-1-5-11")},
    {546, ALIAS, B, "Guests",
     "Guests have the same access as members of the Users group by default, except for the Guest "
     "account which is further restricted",
     "CN=Domain Guests,CN=Users,%D\nCN=Guest,CN=Users,%D\n"},
    {548, ALIAS, B | P, "Account Operators",
     "Members can administer domain user and group accounts", NULL},
    {549, ALIAS, B | P, "Server Operators", "Members can administer domain servers", NULL},
    {550, ALIAS, B | P, "Print Operators",
     "Members can administer printers installed on domain controllers", NULL},
    {551, ALIAS, B | P, "Backup Operators",
     "Backup Operators can override security restrictions for the sole purpose of backing up or "
     "restoring files",
     NULL},
    {552, ALIAS, B | P, "Replicator", "Supports file replication in a domain", NULL},
    {554, ALIAS, B, "Pre-Windows 2000 Compatible Access",
     "A backward compatibility group which allows read access on all users and groups in the "
     "domain",
     FOREIGN("S-1-5-11")},
    {555, ALIAS, B, "Remote Desktop Users",
     "Members in this group are granted the right to logon remotely", NULL},
    {556, ALIAS, B, "Network Configuration Operators",
     "Members in this group can have some administrative privileges to manage configuration of "
     "networking features",
     NULL},
    {557, ALIAS, B, "Incoming Forest Trust Builders",
     "Members of this group can create incoming, one-way trusts to this forest", NULL},
    {558, ALIAS, B, "Performance Monitor Users",
     "Members of this group can access performance counter data locally and remotely", NULL},
    {559, ALIAS, B, "Performance Log Users",
     "Members of this group may schedule logging of performance counters, enable trace providers, "
     "and collect event traces both locally and via remote access to this computer",
     NULL},
    {560, ALIAS, B, "Windows Authorization Access Group",
     "Members of this group have access to the computed tokenGroupsGlobalAndUniversal attribute on "
     "User objects",
     FOREIGN("S-1-5-9")},
    {561, ALIAS, B, "Terminal Server License Servers",
     "Members of this group can update user accounts in Active Directory with information about "
     "license issuance, for the purpose of tracking and reporting TS Per User CAL usage",
     NULL},
    {562, ALIAS, B, "Distributed COM Users",
     "Members are allowed to launch, activate and use Distributed COM objects on this machine.",
     NULL},
    {568, ALIAS, B, "IIS_IUSRS", "Built-in group used by Internet Information Services.",
     FOREIGN("S-1-5-17")},
    {569, ALIAS, B, "Cryptographic Operators",
     "Members are authorized to perform cryptographic operations.", NULL},
    {573, ALIAS, B, "Event Log Readers",
     "Members of this group can read event logs from local machine", NULL},
    {574, ALIAS, B, "Certificate Service DCOM Access",
     "Members of this group are allowed to connect to Certification Authorities in the enterprise",
     NULL},
    {575, ALIAS, B, "RDS Remote Access Servers", "Remote desktop gateways of the domain", NULL},
    {576, ALIAS, B, "RDS Endpoint Servers", "Remote desktop hosts of the domain", NULL},
    {577, ALIAS, B, "RDS Management Servers", "Remote desktop management servers of the domain",
     NULL},
    {578, ALIAS, B, "Hyper-V Administrators",
     "Members of this group have complete and unrestricted access to all features of Hyper-V.",
     NULL},
    {579, ALIAS, B, "Access Control Assistance Operators",
     "Members of this group can remotely query authorization attributes and permissions for "
     "resources on this computer.",
     NULL},
    {580, ALIAS, B, "Remote Management Users",
     "Members of this group can access WMI resources over management protocols (such as "
     "WS-Management via the Windows Remote Management service).",
     NULL},
    {582, ALIAS, B, "Storage Replica Administrators",
     "Members of this group have complete and unrestricted access to all features of Storage "
     "Replica.",
     NULL},
};
const unsigned provision_group_count = sizeof provision_groups / sizeof *provision_groups;
