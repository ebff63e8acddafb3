"""Updates signed by hand, with Samba's GSS: argv are the domain controller's name and address, what to do, the name
and address of a host. Prints the TSIG error of each answer; with the caller's ticket."""

import socket
import struct
import sys
import time

import dns.rdatatype
import dns.update
from samba import credentials, gensec, param

HOST, ADDRESS, WHAT, NAME, VALUE = sys.argv[1:6]
ALGORITHM, KEY = b"\x08gss-tsig\0", b"\7by-hand%c" % len(WHAT) + WHAT.encode("ascii") + b"\0"
TKEY, TSIG, ANY = 249, 250, 255


def context(replay):
    lp = param.LoadParm()
    lp.set("gensec_gssapi:replay", "yes" if replay else "no")
    lp.set("gensec_gssapi:sequence", "no")
    creds = credentials.Credentials()
    creds.guess(lp)
    creds.set_kerberos_state(credentials.MUST_USE_KERBEROS)
    made = gensec.Security.start_client({"lp_ctx": lp, "target_hostname": HOST})
    made.set_credentials(creds)
    made.set_target_service("dns")
    made.set_target_hostname(HOST)
    made.want_feature(gensec.FEATURE_SIGN)
    made.start_mech_by_name("gssapi_krb5")
    return made


def ask(message):
    with socket.create_connection((ADDRESS, 53), timeout=20) as c:
        c.sendall(struct.pack(">H", len(message)) + message)
        length = struct.unpack(">H", c.recv(2, socket.MSG_WAITALL))[0]
        return c.recv(length, socket.MSG_WAITALL)


def agree(ctx):
    """The token in, the server's answer out; the error of the TKEY record."""
    finished, token = ctx.update(b"")
    rdata = ALGORITHM + struct.pack(">IIHHH", 0, 0, 3, 0, len(token)) + token + b"\0\0"
    question = KEY + struct.pack(">HH", TKEY, ANY)
    answer = ask(struct.pack(">6H", 1, 0, 1, 0, 0, 1) + question + b"\xc0\x0c" +
                 struct.pack(">HHIH", TKEY, ANY, 0, len(rdata)) + rdata)
    record = answer[12 + len(question) + 12 + len(ALGORITHM):]
    error, size = struct.unpack(">HH", record[10:14])
    if not finished and not error:
        ctx.update(record[14:14 + size])
    return error


def signed(ctx, message):
    when = struct.pack(">HI", 0, int(time.time()))
    variables = KEY + struct.pack(">HI", ANY, 0) + ALGORITHM + when + struct.pack(">HHH", 300, 0, 0)
    mac = ctx.sign_packet(message + variables, message + variables)
    rdata = ALGORITHM + when + struct.pack(">HH", 300, len(mac)) + mac + message[:2] + struct.pack(">HH", 0, 0)
    counted = message[:10] + struct.pack(">H", struct.unpack(">H", message[10:12])[0] + 1) + message[12:]
    return counted + KEY + struct.pack(">HHIH", TSIG, ANY, 0, len(rdata)) + rdata


def tsig_error(answer):
    """The last record is the signature, and nothing is after its error but the length of what else there is."""
    return answer[3] & 15, struct.unpack(">H", answer[-4:-2])[0]


ctx = context(replay=WHAT != "weak")
print("key", agree(ctx))
if WHAT != "weak":
    update = dns.update.Update(NAME.split(".", 1)[1])
    update.replace(NAME + ".", 600, dns.rdatatype.A, VALUE)
    plain = update.to_wire()
    message = signed(ctx, plain)
    print("first", *tsig_error(ask(message)))
    print("second", *tsig_error(ask(message)))
    end = len(plain) - 1  # of the address
    print("altered", *tsig_error(ask(message[:end] + b"x" + message[end + 1:])))
