#include "rpc/rpc_internal.h"

const struct rpc_service *const rpc_services[] = {
    &rpc_epm_service,  &rpc_lsa_service,    &rpc_dssetup_service, &rpc_netlogon_service,
    &rpc_samr_service, &rpc_srvsvc_service, &rpc_wkssvc_service,  &rpc_drs_service};
const unsigned rpc_service_count = sizeof(rpc_services) / sizeof(rpc_services[0]);
