"""What Samba's decoder makes of a ticket's PAC, with the reader of tickets of the realm tests."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "realm"))

import ticket  # noqa: E402
from bench_common import Failure  # noqa: E402
from samba.dcerpc import krb5pac  # noqa: E402

WANTED = {krb5pac.PAC_TYPE_LOGON_INFO, krb5pac.PAC_TYPE_LOGON_NAME, krb5pac.PAC_TYPE_SRV_CHECKSUM,
          krb5pac.PAC_TYPE_KDC_CHECKSUM, krb5pac.PAC_TYPE_UPN_DNS_INFO}


def check_pac(cache, keytab, service, name):
    pac = ticket.pac(cache, keytab, service)
    buffers = {b.type: b.info for b in pac.buffers}
    if not WANTED <= set(buffers):
        raise Failure(f"the PAC of {name} has the buffers {sorted(buffers)}")
    account = str(buffers[krb5pac.PAC_TYPE_LOGON_INFO].info.info3.base.account_name.string)
    if account != name or buffers[krb5pac.PAC_TYPE_LOGON_NAME].account_name != name:
        raise Failure(f"the PAC of {name} is of {account}")
