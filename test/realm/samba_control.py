"""Asks a domain controller to prove its secure channel to a partner (NetrLogonControl2Ex, TC_VERIFY), as samba-tool does,
and prints what it says of the channel and of the trust.

usage: samba_control.py SMB_CONF HOST USER PARTNER (the password on stdin)
"""

import sys

from samba import credentials, param
from samba.dcerpc import netlogon


def main():
    conf, host, user, partner = sys.argv[1:]
    lp = param.LoadParm()
    lp.load(conf)
    creds = credentials.Credentials()
    creds.guess(lp)
    creds.set_username(user)
    creds.set_password(sys.stdin.read())
    conn = netlogon.netlogon(f"ncacn_np:{host}[]", lp, creds)
    said = conn.netr_LogonControl2Ex(f"\\\\{host}", netlogon.NETLOGON_CONTROL_TC_VERIFY, 2, partner)
    print(said.tc_connection_status[1], said.pdc_connection_status[1])


main()
