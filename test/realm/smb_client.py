"""impacket's SMB client, logged on with the ticket of its caller, for what stock clients would not send. Runs as a
program of its own, with the resolver and configuration of its caller: smb_client.py CASE DC REALM USER."""

import socket
import struct
import sys

from impacket import smb3, smb3structs as s
from impacket.smbconnection import SessionError, SMBConnection
from impacket.spnego import SPNEGO_NegTokenInit, TypesMech

DC, REALM, USER = sys.argv[2:5]
ADDRESS = socket.gethostbyname(DC)


def connect(dialect=s.SMB2_DIALECT_30):
    client = SMBConnection(DC, ADDRESS, preferredDialect=dialect, timeout=20)
    client.kerberosLogin(USER, "", REALM, kdcHost=ADDRESS, useCache=True)
    return client


def status(call, *words):
    try:
        call(*words)
        return "OK"
    except (SessionError, smb3.SessionError) as e:
        return "%#010x" % (e.getErrorCode() if isinstance(e, SessionError) else e.get_error_code())


def ended(call, *words):
    """The server closes the connection instead of answering."""
    try:
        call(*words)
        return False
    except (SessionError, smb3.SessionError):
        return False
    except Exception:  # whatever impacket makes of the end of its stream
        return True


def case_files():
    client = connect()
    print(sorted(f.get_longname() for f in client.listPath("NETLOGON", "*")))
    got = bytearray()
    client.getFile("NETLOGON", "big.bin", got.extend)
    print(len(got), got[:4].hex())
    print(status(client.putFile, "NETLOGON", "new.txt", lambda n: b""))
    print(status(client.createDirectory, "SYSVOL", "new"))
    print(status(client.deleteFile, "NETLOGON", "logon.cmd"))
    print(status(client.connectTree, "C$"))
    print(status(client.openFile, client.connectTree("IPC$"), r"\nopipe"))
    print(status(client.getSMBServer().echo))
    client.logoff()


def case_unsigned():
    """A request whose signature is left out, and one with another in its place."""
    for signature in (lambda packet: None, lambda packet: packet.__setitem__("Signature", b"\x55" * 16)):
        client = connect(s.SMB2_DIALECT_21)
        client.getSMBServer().signSMB = signature
        print(status(client.connectTree, "IPC$"))


def case_garbled():
    """Encrypted, with a key that nobody has."""
    client = connect()
    server = client.getSMBServer()
    head = s.SMB2_TRANSFORM_HEADER()
    head["Signature"], head["Nonce"] = b"\1" * 16, b"\2" * 16
    head["OriginalMessageSize"], head["EncryptionAlgorithm"] = 80, 1
    head["SessionID"] = server._Session["SessionID"]
    server._NetBIOSSession.send_packet(head.getData() + bytes(80))
    print(ended(server._NetBIOSSession.recv_packet, 10))


def case_changed():
    """What this client says it sent is not what the server got."""
    client = connect()
    server = client.getSMBServer()
    tree = client.connectTree("IPC$")
    info = s.VALIDATE_NEGOTIATE_INFO()
    info["Capabilities"], info["Guid"], info["SecurityMode"] = 0x7f, bytes(16), 1
    info["Dialects"] = (s.SMB2_DIALECT_002, s.SMB2_DIALECT_21)
    print(ended(server.ioctl, tree, None, s.FSCTL_VALIDATE_NEGOTIATE_INFO, 1, info.getData(), 0, 24))


def referrals(path):
    client = connect()
    tree = client.connectTree("IPC$")
    request = struct.pack("<H", 4) + path.encode("utf-16le") + b"\0\0"
    return client.getSMBServer().ioctl(tree, None, s.FSCTL_DFS_GET_REFERRALS, 1, request, 0, 4096)


def names_of(answer):
    """The strings behind the entries, in their order."""
    count = struct.unpack_from("<H", answer, 2)[0]
    size = struct.unpack_from("<H", answer, 10)[0]
    return answer[8 + count * size:].decode("utf-16le").rstrip("\0").split("\0")


def case_referrals():
    domain = DC.split(".", 1)[1]
    print(names_of(referrals("")))
    print(names_of(referrals("\\" + domain)))
    print(names_of(referrals(f"\\{domain}\\SYSVOL\\{domain}\\Policies")))
    for wrong in ("\\other.example", f"\\{domain}\\C$"):
        print(status(referrals, wrong))


def case_limits():
    """Sessions that never come about, each over the first token of a negotiation."""
    client = SMBConnection(DC, ADDRESS, preferredDialect=s.SMB2_DIALECT_30, timeout=20)
    server = client.getSMBServer()
    token = SPNEGO_NegTokenInit()
    token["MechTypes"] = [TypesMech["MS KRB5 - Microsoft Kerberos 5"]]
    seen = []
    for blob in [token.getData()] * 17 + [b"\x60\x03abc"]:
        setup = s.SMB2SessionSetup()
        setup["SecurityMode"], setup["SecurityBufferLength"], setup["Buffer"] = 1, len(blob), blob
        packet = server.SMB_PACKET()
        packet["Command"], packet["Data"] = s.SMB2_SESSION_SETUP, setup
        answer = server.recvSMB(server.sendSMB(packet))
        seen.append(answer["Status"])
        if len(seen) == 17:
            client.close()
            client = SMBConnection(DC, ADDRESS, preferredDialect=s.SMB2_DIALECT_30, timeout=20)
            server = client.getSMBServer()
    print(["%#010x" % v for v in sorted(set(seen[:16]))], "%#010x %#010x" % tuple(seen[16:]))


def case_pending():
    """A request to be told of changes: pending, then cancelled; another ends with its folder."""
    client = connect(s.SMB2_DIALECT_21)  # from 3.0 on impacket encrypts
    server = client.getSMBServer()
    tree = client.connectTree("NETLOGON")
    for end in ("cancel", "close"):
        folder = server.create(tree, "", s.FILE_READ_DATA, 7, s.FILE_DIRECTORY_FILE, s.FILE_OPEN, 0)
        notify = s.SMB2ChangeNotify()
        notify["OutputBufferLength"], notify["CompletionFilter"] = 4096, 0xff
        notify["FileID"] = folder
        packet = server.SMB_PACKET()
        packet["Command"], packet["TreeID"], packet["Data"] = s.SMB2_CHANGE_NOTIFY, tree, notify
        message_id = server.sendSMB(packet)
        first = s.SMB2Packet(server._NetBIOSSession.recv_packet(10).get_trailer())
        asynchronous = bool(first["Flags"] & 2)
        if end == "cancel":
            packet = server.SMB_PACKET()
            packet["Command"], packet["Data"] = s.SMB2_CANCEL, s.SMB2Cancel()
            packet["MessageID"], packet["SessionID"] = message_id, server._Session["SessionID"]
            packet["Flags"] = s.SMB2_FLAGS_SIGNED
            server.signSMB(packet)
            server._NetBIOSSession.send_packet(packet.getData())
        else:
            packet = server.SMB_PACKET()
            close = s.SMB2Close()
            close["FileID"] = folder
            packet["Command"], packet["TreeID"], packet["Data"] = s.SMB2_CLOSE, tree, close
            server.sendSMB(packet)
        second = s.SMB2Packet(server._NetBIOSSession.recv_packet(10).get_trailer())
        print(end, "%#x" % first["Status"], asynchronous, "%#x" % second["Status"],
              second["MessageID"] == message_id)


def case_previous():
    """A client that comes back says which session it lost: its own ends, another's does not."""
    passwords = dict(word.split(":") for word in sys.argv[5:])

    def log_on(user, previous=0):
        class Setup(s.SMB2SessionSetup):
            def getData(self):
                self["PreviousSessionId"] = previous
                return super().getData()
        smb3.SMB2SessionSetup = Setup
        client = SMBConnection(DC, ADDRESS, preferredDialect=s.SMB2_DIALECT_21, timeout=20)
        client.login(user, passwords[user], "CLOUD")
        return client

    first = log_on("alice")
    lost = first.getSMBServer()._Session["SessionID"]
    log_on("locky", lost)
    print(status(first.connectTree, "IPC$"))
    again = log_on("alice", lost)
    print(status(first.connectTree, "NETLOGON"), status(again.connectTree, "NETLOGON"))


def case_window():
    """A message id that was never granted."""
    client = connect()
    server = client.getSMBServer()
    server._Connection["SequenceWindow"] += 5000
    print(ended(server.echo))


globals()["case_" + sys.argv[1]]()
