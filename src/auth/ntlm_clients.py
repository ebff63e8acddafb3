#!/usr/bin/python3
"""A stock client's NTLM against the acceptor of ntlm_clients_test.c: ntlm_clients.py CLIENT USER DOMAIN PASSWORD.

CLIENT: impacket, impacket-spnego, samba, samba-spnego, samba-anonymous. Tokens go and come as hex, a line each;
the server's end in " more", " done" or " refused". After that, one line KEY MESSAGE SIGNATURE, answered by the
server's signature over the same message, which is verified: then "ok" is the last line. Without an answer that is
left out. A client that was refused
says "refused".
"""
import sys

from impacket import ntlm
from impacket.spnego import SPNEGO_NegTokenInit, SPNEGO_NegTokenResp, TypesMech

MESSAGE = b"signed by the client, then by the server"


def ask(token):
    print(token.hex() or "-", flush=True)
    answer, state = sys.stdin.readline().split()
    if state == "refused":
        print("refused", flush=True)
        sys.exit(0)
    return b"" if answer == "-" else bytes.fromhex(answer), state == "done"


def finish(key, sign, verify):
    print(key.hex(), MESSAGE.hex(), sign(MESSAGE).hex(), flush=True)
    answer = sys.stdin.readline()
    if answer:
        verify(MESSAGE, bytes.fromhex(answer))
        print("ok", flush=True)


def impacket_streams(key, flags, number):
    from Cryptodome.Cipher import ARC4
    handles = {side: ARC4.new(ntlm.SEALKEY(flags, key, side)).encrypt for side in ("Client", "Server")}

    def sign(side, message):
        return ntlm.SIGN(flags, ntlm.SIGNKEY(flags, key, side), message, number, handles[side]).getData()

    def verify(message, signature):
        assert sign("Server", message) == signature
    return lambda message: sign("Client", message), verify


def impacket_client(user, domain, password, spnego):
    type1 = ntlm.getNTLMSSPType1("WS1", domain, True, True)
    token = type1.getData()
    if spnego:
        init = SPNEGO_NegTokenInit()
        init["MechTypes"] = [TypesMech["NTLMSSP - Microsoft NTLM Security Support Provider"]]
        init["MechToken"] = token
        token = init.getData()
    challenge, done = ask(token)
    assert not done
    if spnego:
        challenge = SPNEGO_NegTokenResp(challenge)["ResponseToken"]
    type3, key = ntlm.getNTLMSSPType3(type1, challenge, user, password, domain, use_ntlmv2=True)
    token = type3.getData()
    if spnego:
        resp = SPNEGO_NegTokenResp()
        resp["ResponseToken"] = token
        token = resp.getData()
    _, done = ask(token)
    assert done
    finish(key, *impacket_streams(key, type3["flags"], 0))


def samba_client(user, domain, password, spnego):
    from samba import credentials, gensec
    from samba.param import LoadParm
    lp = LoadParm()
    c = credentials.Credentials()
    c.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    c.set_workstation("WS1")
    if user:
        c.set_username(user)
        c.set_password(password)
        c.set_domain(domain)
    else:
        c.set_anonymous()
    g = gensec.Security.start_client({"lp_ctx": lp, "target_hostname": "dc-a.aws.example.com"})
    g.set_target_hostname("dc-a.aws.example.com")
    g.set_target_service("cifs")
    g.set_credentials(c)
    g.want_feature(gensec.FEATURE_SIGN)
    g.want_feature(gensec.FEATURE_SESSION_KEY)
    if spnego:
        g.start_mech_by_name("spnego")
    else:
        g.start_mech_by_name("ntlmssp")
    token, done = b"", False
    while True:
        finished, token = g.update(token)
        if finished and not token:
            break
        token, done = ask(token)
        if finished and not token:
            break
    assert done
    finish(g.session_key(), lambda m: g.sign_packet(m, m), lambda m, s: g.unwrap(s + m))


def main():
    client, user, domain, password = sys.argv[1:5]
    if client.startswith("impacket"):
        impacket_client(user, domain, password, client.endswith("spnego"))
    else:
        samba_client(user, domain, password, client.endswith("spnego"))


main()
