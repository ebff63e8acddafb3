#include "directory/provision_data.h"

/* Access masks in SDDL letters. */
#define FULL   "RPWPCRCCDCLCLORCWOWDSDDTSW" /* everything */
#define KEEP   "RPWPCRCCDCLCLORCWOWDSW"     /* but deleting the object itself */
#define MANAGE "RPWPCRCCLCLORCWOWDSW"       /* nor its children */
#define READ   "RPLCLORC"

/* Control access rights. */
#define GET_CHANGES          "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
#define SYNCHRONIZE          "1131f6ab-9c07-11d1-f79f-00c04fc2dcd2"
#define MANAGE_TOPOLOGY      "1131f6ac-9c07-11d1-f79f-00c04fc2dcd2"
#define GET_CHANGES_ALL      "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
#define GET_CHANGES_FILTERED "89e95b76-444d-4c62-991a-0facbeda640c"
#define READ_ONLY_SECRETS    "1131f6ae-9c07-11d1-f79f-00c04fc2dcd2"
#define INBOUND_FOREST_TRUST "e2a36dc9-ae17-47c3-b58b-be34c55ba633"
#define REANIMATE            "45ec5156-db7e-47bb-b53f-dbeb2d03c40f"
#define CHANGE_SCHEMA_MASTER "e12b56b6-0a95-11d1-adbb-00c04fd8d5cd"
#define CHANGE_PASSWORD      "ab721a53-1e2f-11d0-9819-00aa0040529b"

/* Classes. */
#define USER     "bf967aba-0de6-11d0-a285-00aa003049e2"
#define INETORG  "4828cc14-1437-45bc-9b07-ad6f015e5f28"
#define GROUP    "bf967a9c-0de6-11d0-a285-00aa003049e2"
#define COMPUTER "bf967a86-0de6-11d0-a285-00aa003049e2"
#define PRINTER  "bf967aa8-0de6-11d0-a285-00aa003049e2"
#define MANAGED  "ce206244-5827-4a86-ba1c-1c0c386c1b64"
#define OU       "bf967aa5-0de6-11d0-a285-00aa003049e2"
#define SITE     "bf967ab3-0de6-11d0-a285-00aa003049e2"
#define SUBNET   "b7b13124-b82e-11d0-afee-0000f80367c1"
#define NTDSDSA  "f0f8ffab-1191-11d0-a060-00aa006c33ed"
#define CROSSREF "bf967a8d-0de6-11d0-a285-00aa003049e2"

/* Attributes and property sets. */
#define GP_LINK          "f30e3bbe-9ff0-11d1-b603-0000f80367c1"
#define GP_OPTIONS       "f30e3bbf-9ff0-11d1-b603-0000f80367c1"
#define SITE_OBJECT      "3e10944c-c354-11d0-aff8-0000f80367c1"
#define TOKEN_GROUPS     "b7c69e6d-2cc7-11d2-854e-00a0c983f608"
#define PRIVATE_INFO     "91e647de-d96f-4b70-9557-d63ff4f3ccd8"
#define DOMAIN_PASSWORD  "c7407360-20bf-11d0-a768-00aa006e0529"
#define DOMAIN_OTHER     "b8119fd0-04f6-4762-ab7a-4986c76b3f9a"
#define SPN_SUFFIXES     "789ee1eb-8c8e-4e4c-8cec-79b31b7617b5"
#define ACCOUNT_RESTRICT "4c164200-20c0-11d0-a768-00aa006e0529"
#define LOGON_INFO       "5f202010-79a5-11d0-9020-00c04fc2d4cf"
#define GROUP_MEMBERSHIP "bc0ac240-79a9-11d0-9020-00c04fc2d4cf"
#define GENERAL_INFO     "59ba2f42-79a2-11d0-9020-00c04fc2d3cf"
#define REMOTE_ACCESS    "037088f8-0ae1-11d2-b422-00a0c968f939"
#define USER_CERTIFICATE "bf967a7f-0de6-11d0-a285-00aa003049e2"

#define RIGHT(guid, who)        "(OA;;CR;" guid ";;" who ")"
#define BELOW(attr, class, who) "(OA;CIIO;RP;" attr ";" class ";" who ")"
#define READ_USERS(attr)        BELOW(attr, INETORG, "RU") BELOW(attr, USER, "RU")

/* What "Pre-Windows 2000 Compatible Access" may read of users everywhere in a domain. */
#define PRE_WINDOWS_2000                                                                           \
    READ_USERS(ACCOUNT_RESTRICT)                                                                   \
    READ_USERS(LOGON_INFO)                                                                         \
    READ_USERS(GROUP_MEMBERSHIP) READ_USERS(GENERAL_INFO) READ_USERS(REMOTE_ACCESS)
#define TOKEN_GROUPS_OF_ALL                                                                        \
    BELOW(TOKEN_GROUPS, COMPUTER, "ED")                                                            \
    BELOW(TOKEN_GROUPS, GROUP, "ED") BELOW(TOKEN_GROUPS, USER, "ED")
#define REPLICATION_ADMINS                                                                         \
    RIGHT(GET_CHANGES_FILTERED, "BA")                                                              \
    RIGHT(GET_CHANGES, "BA")                                                                       \
    RIGHT(SYNCHRONIZE, "BA")                                                                       \
    RIGHT(MANAGE_TOPOLOGY, "BA") RIGHT(GET_CHANGES_ALL, "BA") RIGHT(READ_ONLY_SECRETS, "BA")
#define REPLICATION_DCS                                                                            \
    RIGHT(GET_CHANGES, "ED")                                                                       \
    RIGHT(SYNCHRONIZE, "ED") RIGHT(MANAGE_TOPOLOGY, "ED") RIGHT(READ_ONLY_SECRETS, "ED")
#define DOMAIN_COMMON                                                                              \
    RIGHT(INBOUND_FOREST_TRUST, "S-1-5-32-557")                                                    \
    "(OA;;RP;" DOMAIN_PASSWORD ";;RU)(OA;;RP;" DOMAIN_OTHER ";;RU)"                                \
    "(OA;CIIO;" READ ";;" INETORG ";RU)(OA;CIIO;" READ ";;" GROUP ";RU)"                           \
    "(OA;CIIO;" READ ";;" USER ";RU)" RIGHT("05c74c5e-4deb-43b4-bd9f-86664c2a7fd5", "AU")          \
        RIGHT(GET_CHANGES_FILTERED, "ED") RIGHT("ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501", "AU")      \
            RIGHT("280f369c-67c7-438e-ae98-1d46f3c6f541", "AU")
/* What computers may write of themselves since Windows Server 2016: their keys, and who may act for
 * others toward them. */
#define SELF_WRITES                                                                                \
    "(OA;CIIO;SW;9b026da6-0d3c-465c-8bee-5199d7165cba;" COMPUTER ";CO)"                            \
    "(OA;CIIO;SW;9b026da6-0d3c-465c-8bee-5199d7165cba;" COMPUTER ";PS)"                            \
    "(OA;CIIO;WP;ea1b7b93-5e48-46d5-bc6c-4df4fda78a35;" COMPUTER ";PS)"                            \
    "(OA;CIOI;RPWP;3f78c3e5-f79a-46bd-a0b8-9d18116ddc79;;PS)"
#define DOMAIN_TAIL                                                                                \
    "(OA;;RP;" DOMAIN_OTHER ";;AU)"                                                                \
    "(OA;CIIO;RPWPCR;" PRIVATE_INFO ";;PS)" SELF_WRITES "(A;;" MANAGE ";;;DA)(A;CI;" FULL          \
    ";;;EA)(A;;RPRC;;;RU)(A;CI;LC;;;RU)"                                                           \
    "(A;CI;RPWPCRCCLCLORCWOWDSDSW;;;BA)(A;;RP;;;WD)(A;;" READ ";;;ED)(A;;" READ ";;;AU)"           \
    "(A;;" FULL ";;;SY)"
#define DOMAIN_AUDIT                                                                               \
    "(OU;CISA;WP;" GP_LINK ";" OU ";WD)(OU;CISA;WP;" GP_OPTIONS ";" OU ";WD)"                      \
    "(AU;SA;CR;;;DU)(AU;SA;CR;;;BA)(AU;SA;WPWOWD;;;WD)"
#define DOMAIN_DACL                                                                                \
    PRE_WINDOWS_2000 RIGHT(GET_CHANGES, "RO") RIGHT(GET_CHANGES_ALL, "DD")                         \
        TOKEN_GROUPS_OF_ALL REPLICATION_ADMINS DOMAIN_COMMON REPLICATION_DCS DOMAIN_TAIL

const char provision_sd_domain[] = "O:BAG:BAD:AI" DOMAIN_DACL "S:AI" DOMAIN_AUDIT;
const char provision_sd_builtin[] = "D:" DOMAIN_DACL "S:" DOMAIN_AUDIT;
const char provision_sd_dns_partition[] = "O:SYG:BAD:AI" PRE_WINDOWS_2000 RIGHT(GET_CHANGES, "RO")
    TOKEN_GROUPS_OF_ALL REPLICATION_ADMINS DOMAIN_COMMON REPLICATION_DCS RIGHT(
        GET_CHANGES_ALL, "ED") DOMAIN_TAIL "S:AI" DOMAIN_AUDIT;

const char provision_sd_config[] = "O:EAG:EAD:" RIGHT(GET_CHANGES, "ED") RIGHT(SYNCHRONIZE, "ED")
    RIGHT(MANAGE_TOPOLOGY, "ED") RIGHT(GET_CHANGES, "BA") RIGHT(SYNCHRONIZE, "BA")
        RIGHT(MANAGE_TOPOLOGY,
              "BA") "(A;;" READ ";;;AU)(A;CI;" FULL ";;;EA)(A;;" FULL
                    ";;;SY)(A;CIIO;RPWPCRCCLCLORCWOWDSDSW;;;DA)" RIGHT(GET_CHANGES_ALL, "ED")
                        RIGHT(GET_CHANGES_FILTERED, "ED") RIGHT(GET_CHANGES_ALL, "BA")
                            RIGHT(GET_CHANGES_FILTERED, "BA")
                                RIGHT(GET_CHANGES, "RO") "S:(AU;SA;WPWOWD;;;WD)(AU;SA;CR;;;BA)(AU;"
                                                         "SA;CR;;;DU)(OU;SA;CR;" REANIMATE ";;WD)";

const char provision_sd_schema[] = "O:SAG:SAD:AI" RIGHT(CHANGE_SCHEMA_MASTER, "SA")
    RIGHT(GET_CHANGES, "ED") RIGHT(SYNCHRONIZE, "ED") RIGHT(MANAGE_TOPOLOGY, "ED")
        RIGHT(GET_CHANGES, "BA") RIGHT(SYNCHRONIZE, "BA")
            RIGHT(MANAGE_TOPOLOGY,
                  "BA") "(A;CI;" READ ";;;AU)(A;CI;" MANAGE ";;;SA)(A;CI;" FULL
                        ";;;SY)" RIGHT(GET_CHANGES_ALL, "ED") RIGHT(GET_CHANGES_FILTERED, "ED")
                            RIGHT(GET_CHANGES_ALL, "BA") RIGHT(GET_CHANGES_FILTERED, "BA")
                                RIGHT(GET_CHANGES, "RO") RIGHT(GET_CHANGES_ALL, "RO")
                                    RIGHT(GET_CHANGES_FILTERED,
                                          "RO") "S:(AU;SA;WPCCDCWOWDSDDTSW;;;WD)(AU;CISA;WP;;;WD)("
                                                "AU;SA;CR;;;BA)(AU;SA;CR;;;DU)"
                                                "(OU;SA;CR;" CHANGE_SCHEMA_MASTER
                                                ";;WD)(OU;SA;CR;" REANIMATE ";;WD)";

const char provision_sd_deleted_objects[] =
    "O:SYG:SYD:PAI(A;;RPWPCCDCLCRCWOWDSDSW;;;SY)(A;;RPLC;;;BA)";

const char provision_sd_computers[] =
    "D:(A;;" FULL ";;;SY)(A;;" KEEP ";;;DA)(OA;;CCDC;" COMPUTER ";;AO)(OA;;CCDC;" USER ";;AO)"
    "(OA;;CCDC;" GROUP ";;AO)(OA;;CCDC;" PRINTER ";;PO)(A;;" READ ";;;AU)(OA;;CCDC;" INETORG
    ";;AO)";
const char provision_sd_users[] =
    "D:(A;;" FULL ";;;SY)(A;;" KEEP ";;;DA)(OA;;CCDC;" USER ";;AO)(OA;;CCDC;" GROUP ";;AO)"
    "(OA;;CCDC;" PRINTER ";;PO)(A;;" READ ";;;AU)(OA;;CCDC;" INETORG ";;AO)";
const char provision_sd_managed_accounts[] =
    "D:(A;;" FULL ";;;SY)(A;;" KEEP ";;;DA)(OA;;CCDC;" MANAGED ";;AO)(OA;;CCDC;" USER ";;AO)"
    "(OA;;CCDC;" GROUP ";;AO)(A;;" READ ";;;AU)";
const char provision_sd_domain_controllers[] =
    "D:(A;;" READ ";;;AU)(A;;" MANAGE ";;;DA)(A;;" FULL ";;;SY)(A;;" READ ";;;ED)"
    "S:(AU;SA;CCDCWOWDSDDT;;;WD)(AU;CISA;WP;;;WD)";
const char provision_sd_infrastructure[] =
    "D:(A;;" READ ";;;AU)(A;;" MANAGE ";;;DA)(A;;" FULL ";;;SY)S:(AU;SA;WPCR;;;WD)";
const char provision_sd_domain_protected1[] =
    "D:AI(A;;" READ ";;;AU)(A;;" MANAGE ";;;DA)(A;;" FULL ";;;SY)";
const char provision_sd_domain_protected2[] =
    "D:AI(A;;" READ ";;;AU)(A;;" KEEP ";;;DA)(A;;" FULL ";;;SY)";
/* Protected against inheritance: what members of the protected groups get. */
const char provision_sd_admin_holder[] =
    "O:DAG:DAD:PAI(A;;" READ ";;;AU)(A;;" FULL ";;;SY)(A;;RPWPCRCCLCLORCWOWDSDSW;;;BA)"
    "(A;;" MANAGE ";;;DA)(A;;" MANAGE ";;;EA)" RIGHT(CHANGE_PASSWORD, "WD") RIGHT(
        CHANGE_PASSWORD, "PS") "(OA;;RPWP;" USER_CERTIFICATE ";;CA)"
                               "(OA;;RP;46a9b11d-60ae-405a-b7e8-ff8a58d456d2;;S-1-5-32-560)"
                               "(OA;;WPRP;6db69a1c-9422-11d1-aebd-0000f80367c1;;S-1-5-32-561)"
                               "(OA;;WPRP;5805bc62-bdc9-4428-a5e2-856a0f4c185e;;S-1-5-32-561)";

const char provision_sd_config_protected1[] =
    "D:AI(A;;" READ ";;;AU)(A;;" MANAGE ";;;EA)(A;;" FULL ";;;SY)";
const char provision_sd_config_protected1wd[] =
    "D:AI(A;;" READ ";;;WD)(A;;" MANAGE ";;;EA)(A;;" FULL ";;;SY)";
const char provision_sd_config_protected2[] =
    "D:AI(A;;" READ ";;;AU)(A;;" KEEP ";;;EA)(A;;" FULL ";;;SY)";
const char provision_sd_partitions[] =
    "D:(A;;LCLORC;;;AU)(OA;;RP;e48d0154-bcf8-11d1-8702-00c04fb96050;;AU)"
    "(OA;;RP;d31a8757-2447-4545-8081-3bb610cacbf2;;AU)"
    "(OA;;RP;66171887-8f3c-11d0-afda-00c04fd930c9;;AU)"
    "(OA;;RP;032160bf-9824-11d1-aec0-0000f80367c1;;AU)(OA;;RP;" SPN_SUFFIXES ";;AU)"
    "(OA;;RP;5706aeaf-b940-4fb2-bcfc-5268683ad9fe;;AU)(A;;" MANAGE ";;;EA)(A;;" FULL ";;;SY)"
    "(A;;CC;;;ED)(OA;CIIO;WP;3df793df-9858-4417-a701-735a1ecebf74;" CROSSREF ";BA)"
    "S:(AU;CISA;WPCRCCDCWOWDSDDT;;;WD)";
const char provision_sd_sites[] =
    "D:(A;;" READ ";;;AU)(OA;CIIO;SW;d31a8757-2447-4545-8081-3bb610cacbf2;" NTDSDSA ";RO)"
    "(A;;" MANAGE ";;;EA)(A;;" FULL ";;;SY)"
    "S:(AU;CISA;CCDCSDDT;;;WD)(OU;CIIOSA;CR;;" NTDSDSA ";WD)(OU;CIIOSA;WP;" GP_LINK ";" SITE ";WD)"
    "(OU;CIIOSA;WP;" GP_OPTIONS ";" SITE ";WD)(OU;CIIOSA;WP;" SITE_OBJECT ";" SUBNET ";WD)";
const char provision_sd_quotas[] =
    "D:(A;;" FULL ";;;EA)(A;;" READ ";;;BA)(OA;;CR;4ecc03fe-ffc0-4947-b630-eb672a8a9dbc;;WD)";

/* %A is the SID of DnsAdmins, whose RID is drawn. */
const char provision_sd_domain_dns[] =
    "O:SYG:SYD:AI(A;;" FULL ";;;DA)(A;CI;RPWPCRCCDCLCRCWOWDSDDTSW;;;%A)(A;;" FULL ";;;SY)"
    "(A;CI;RPWPCRCCDCLCRCWOWDSDDTSW;;;ED)";
const char provision_sd_forest_dns[] =
    "O:SYG:SYD:AI(A;;" FULL ";;;SY)(A;CI;RPWPCRCCDCLCRCWOWDSDDTSW;;;ED)(A;;" FULL ";;;EA)";
