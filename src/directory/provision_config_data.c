#include "directory/provision_data.h"

/* systemFlags of the configuration: not to be moved or renamed; servers and links may be moved
 * within limits; nothing of a cross-reference but its naming context (1) and domain (2). */
#define FIXED    "systemFlags: -2147483648\n"
#define FIXED2   "systemFlags: -1946157056\n"
#define CRITICAL "isCriticalSystemObject: TRUE\n"

/* A site, its first and every later one. */
#define SITE                                                                                       \
    {"CN=%s,CN=Sites,%C", "site", NULL, "systemFlags: 1107296256\n"},                              \
        {"CN=NTDS Site Settings,CN=%s,CN=Sites,%C", "nTDSSiteSettings", NULL, NULL},               \
    {                                                                                              \
        "CN=Servers,CN=%s,CN=Sites,%C", "serversContainer", NULL, "systemFlags: 33554432\n"        \
    }

static const struct provision_row config_rows[] = {
    {"%C", "configuration", provision_sd_config, "msDS-NcType: 0\ninstanceType: 13\n"},
    {"CN=Deleted Objects,%C", "container", provision_sd_deleted_objects,
     "description: Default container for deleted objects\nisDeleted: TRUE\n" CRITICAL FIXED2},
    {"CN=Extended-Rights,%C", "container", provision_sd_config_protected2, FIXED},
    {"CN=DisplaySpecifiers,%C", "container", provision_sd_config_protected2, FIXED},
    {"CN=ForestUpdates,%C", "container", provision_sd_config_protected1wd, NULL},
    {"CN=Operations,CN=ForestUpdates,%C", "container", NULL, NULL},
    {"CN=ActiveDirectoryUpdate,CN=ForestUpdates,%C", "container", NULL, "revision: 15\n"},
    {"CN=Windows2003Update,CN=ForestUpdates,%C", "container", NULL, "revision: 10\n"},
    {"CN=ActiveDirectoryRodcUpdate,CN=ForestUpdates,%C", "container", NULL, "revision: 2\n"},
    {"CN=LostAndFoundConfig,%C", "lostAndFound", provision_sd_config_protected1wd, FIXED},
    {"CN=NTDS Quotas,%C", "msDS-QuotaContainer", provision_sd_quotas,
     "description: Quota specifications container\nmsDS-TombstoneQuotaFactor: 100\n" CRITICAL
         FIXED},
    {"CN=Physical Locations,%C", "physicalLocation", provision_sd_config_protected1wd,
     "l: Physical Locations tree root\n"},

    {"CN=Partitions,%C", "crossRefContainer", provision_sd_partitions,
     "msDS-Behavior-Version: %l\nshowInAdvancedViewOnly: TRUE\n" FIXED},
    {"CN=Enterprise Configuration,CN=Partitions,%C", "crossRef", NULL,
     "dnsRoot: %f\nnCName: %C\nsystemFlags: 1\n"},
    {"CN=Enterprise Schema,CN=Partitions,%C", "crossRef", NULL,
     "dnsRoot: %f\nnCName: %S\nsystemFlags: 1\n"},
    {"CN=%b,CN=Partitions,%C", "crossRef", NULL,
     "dnsRoot: %n\nmsDS-Behavior-Version: %l\nnCName: %D\nnETBIOSName: %b\nnTMixedDomain: 0\n"
     "systemFlags: 3\n"},

    {"CN=Services,%C", "container", provision_sd_config_protected1, FIXED},
    {"CN=NetServices,CN=Services,%C", "container", NULL, NULL},
    {"CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=Certificate Templates,CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=Enrollment Services,CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=Certification Authorities,CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=AIA,CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=CDP,CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=KRA,CN=Public Key Services,CN=Services,%C", "container", NULL, NULL},
    {"CN=OID,CN=Public Key Services,CN=Services,%C", "msPKI-Enterprise-Oid", NULL, NULL},
    {"CN=RRAS,CN=Services,%C", "container", NULL, NULL},
    {"CN=Windows NT,CN=Services,%C", "container", NULL, NULL},
    {"CN=Directory Service,CN=Windows NT,CN=Services,%C", "nTDSService", NULL,
     "msDS-Other-Settings: DisableVLVSupport=0\n"
     "msDS-Other-Settings: DynamicObjectMinTTL=900\n"
     "msDS-Other-Settings: DynamicObjectDefaultTTL=86400\n"
     "sPNMappings: host=alerter,appmgmt,cisvc,clipsrv,browser,dhcp,dnscache,replicator,eventlog,"
     "eventsystem,policyagent,oakley,dmserver,dns,mcsvc,fax,msiserver,ias,messenger,netlogon,"
     "netman,"
     "netdde,netddedsm,nmagent,plugplay,protectedstorage,rasman,rpclocator,rpc,rpcss,remoteaccess,"
     "rsvp,samss,scardsvr,scesrv,seclogon,scm,dcom,cifs,spooler,snmp,schedule,tapisrv,trksvr,"
     "trkwks,"
     "ups,time,wins,www,http,w3svc,iisadmin,msdtc\n"
     "tombstoneLifetime: 180\n"},
    {"CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services,%C", "container", NULL,
     FIXED2},
    {"CN=Recycle Bin Feature,CN=Optional Features,CN=Directory Service,CN=Windows "
     "NT,CN=Services,%C",
     "msDS-OptionalFeature", NULL,
     "msDS-OptionalFeatureGUID: 766ddcd8-acd0-445e-f3b9-a7f9b6744f2a\n"
     "msDS-OptionalFeatureFlags: 1\n"
     "msDS-RequiredForestBehaviorVersion: 4\n" FIXED2},
    {"CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,%C", "container", NULL,
     NULL},
    {"CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,%C",
     "queryPolicy", NULL,
     "lDAPAdminLimits: MaxValRange=1500\n"
     "lDAPAdminLimits: MaxReceiveBuffer=10485760\n"
     "lDAPAdminLimits: MaxDatagramRecv=4096\n"
     "lDAPAdminLimits: MaxPoolThreads=4\n"
     "lDAPAdminLimits: MaxResultSetSize=262144\n"
     "lDAPAdminLimits: MaxTempTableSize=10000\n"
     "lDAPAdminLimits: MaxQueryDuration=120\n"
     "lDAPAdminLimits: MaxPageSize=1000\n"
     "lDAPAdminLimits: MaxNotificationPerConn=5\n"
     "lDAPAdminLimits: MaxActiveQueries=20\n"
     "lDAPAdminLimits: MaxConnIdleTime=900\n"
     "lDAPAdminLimits: InitRecvTimeout=120\n"
     "lDAPAdminLimits: MaxConnections=5000\n"},

    {"CN=Sites,%C", "sitesContainer", provision_sd_sites, "systemFlags: -2113929216\n"},
    SITE,
    {"CN=Inter-Site Transports,CN=Sites,%C", "interSiteTransportContainer", NULL, FIXED},
    {"CN=IP,CN=Inter-Site Transports,CN=Sites,%C", "interSiteTransport", NULL,
     "transportAddressAttribute: dNSHostName\ntransportDLLName: ismip.dll\n" FIXED},
    {"CN=DEFAULTIPSITELINK,CN=IP,CN=Inter-Site Transports,CN=Sites,%C", "siteLink", NULL,
     "cost: 100\nreplInterval: 180\nsiteList: CN=%s,CN=Sites,%C\nsystemFlags: 1073741824\n"},
    {"CN=SMTP,CN=Inter-Site Transports,CN=Sites,%C", "interSiteTransport", NULL,
     "transportAddressAttribute: mailAddress\ntransportDLLName: ismsmtp.dll\noptions: 1\n"},
    {"CN=Subnets,CN=Sites,%C", "subnetContainer", NULL, FIXED},

    {"CN=WellKnown Security Principals,%C", "container", provision_sd_config_protected1wd, FIXED},
};
static const struct provision_row site_rows[] = {SITE};
const struct provision_table provision_site_objects = {site_rows,
                                                       sizeof site_rows / sizeof *site_rows};
const struct provision_table provision_config_objects = {config_rows,
                                                         sizeof config_rows / sizeof *config_rows};

#define WELL_KNOWN(name, sid)                                                                      \
    {                                                                                              \
        "CN=" name ",CN=WellKnown Security Principals,%C", "foreignSecurityPrincipal", NULL,       \
            "objectSid: " sid "\n"                                                                 \
    }
#define FOREIGN(sid)                                                                               \
    {                                                                                              \
        "CN=" sid ",CN=ForeignSecurityPrincipals,%D", "foreignSecurityPrincipal", NULL,            \
            "objectSid: " sid "\n"                                                                 \
    }

static const struct provision_row principal_rows[] = {
    FOREIGN("S-1-5-4"),
    FOREIGN("S-1-5-9"),
    FOREIGN("S-1-5-11"),
    FOREIGN("S-1-5-17"),
    WELL_KNOWN("Anonymous Logon", "S-1-5-7"),
    WELL_KNOWN("Authenticated Users", "S-1-5-11"),
    WELL_KNOWN("Batch", "S-1-5-3"),
    WELL_KNOWN("Console Logon", "S-1-2-1"),
    WELL_KNOWN("Creator Group", "S-1-3-1"),
    WELL_KNOWN("Creator Owner", "S-1-3-0"),
    WELL_KNOWN("Dialup", "S-1-5-1"),
    WELL_KNOWN("Digest Authentication", "S-1-5-64-21"),
    WELL_KNOWN("Enterprise Domain Controllers", "S-1-5-9"),
    WELL_KNOWN("Everyone", "S-1-1-0"),
    WELL_KNOWN("Interactive", "S-1-5-4"),
    WELL_KNOWN("IUSR", "S-1-5-17"),
    WELL_KNOWN("Local Service", "S-1-5-19"),
    WELL_KNOWN("Network", "S-1-5-2"),
    WELL_KNOWN("Network Service", "S-1-5-20"),
    WELL_KNOWN("NTLM Authentication", "S-1-5-64-10"),
    WELL_KNOWN("Other Organization", "S-1-5-1000"),
    WELL_KNOWN("Owner Rights", "S-1-3-4"),
    WELL_KNOWN("Proxy", "S-1-5-8"),
    WELL_KNOWN("Remote Interactive Logon", "S-1-5-14"),
    WELL_KNOWN("Restricted", "S-1-5-12"),
    WELL_KNOWN("SChannel Authentication", "S-1-5-64-14"),
    WELL_KNOWN("Self", "S-1-5-10"),
    WELL_KNOWN("Service", "S-1-5-6"),
    WELL_KNOWN("System", "S-1-5-18"),
    WELL_KNOWN("Terminal Server User", "S-1-5-13"),
    WELL_KNOWN("This Organization", "S-1-5-15"),
    WELL_KNOWN("This Organization Certificate", "S-1-5-65-1"),
};
const struct provision_table provision_principals = {principal_rows, sizeof principal_rows /
                                                                         sizeof *principal_rows};
