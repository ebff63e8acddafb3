"""Operations of the AWS API about a directory's settings and surroundings, with AWS's own clients: each has an effect
that a stock client of the directory sees, and is still there after a restart."""

import http.server
import json
import os
import re
import shutil
import signal
import socket
import ssl
import threading
import time

import pytest

from aws_api import Refusal, inside
from netns import wait_for
from test_aws_api import Lab

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion")  # old versions are what is asked for


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


# --- settings --------------------------------------------------------------------------------------------------


def shake(lab, address, version=ssl.TLSVersion.TLSv1_2, ciphers="ALL:@SECLEVEL=0"):
    """What a client of LDAPS with this version and these ciphers gets: the cipher, or None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = version
    with inside(lab.cloud.host), socket.create_connection((address, 636), 10) as plain:
        try:
            with context.wrap_socket(plain) as s:
                assert s.version() == {ssl.TLSVersion.TLSv1: "TLSv1", ssl.TLSVersion.TLSv1_1: "TLSv1.1",
                                       ssl.TLSVersion.TLSv1_2: "TLSv1.2"}[version]
                return s.cipher()[0]
        except ssl.SSLError:
            return None


def settings(lab, **kw):
    return {s["Name"]: s for s in lab.ds.describe_settings(DirectoryId=lab.id, **kw)["SettingEntries"]}


def update(lab, **values):
    lab.ds.update_settings(DirectoryId=lab.id, Settings=[{"Name": n, "Value": v} for n, v in values.items()])


def everywhere(lab, **kw):
    return {bool(shake(lab, a, **kw)) for a in lab.world.cloud.addresses}


def test_settings_are_in_force_on_every_controller(lab):
    before = settings(lab)
    assert {s["RequestStatus"] for s in before.values()} == {"Default"}
    assert before["TLS_1_0"]["AppliedValue"] == "Disable" and before["TLS_1_0"]["Type"] == "Protocol"
    assert before["AES_128_128"]["AppliedValue"] == "Enable"
    only_128 = "ECDHE-ECDSA-AES128-GCM-SHA256"
    assert everywhere(lab, version=ssl.TLSVersion.TLSv1) == {False}
    assert everywhere(lab, ciphers=only_128) == {True}
    lab.cloud.aws(lab.key, "ds", "update-settings", "--directory-id", lab.id, "--settings",
                  "Name=TLS_1_0,Value=Enable", "Name=AES_128_128,Value=Disable", "Name=RC4_128_128,Value=Disable")
    assert everywhere(lab, version=ssl.TLSVersion.TLSv1) == {True}
    assert everywhere(lab, version=ssl.TLSVersion.TLSv1_1) == {False}
    assert everywhere(lab, ciphers=only_128) == {False}
    changed = settings(lab, Status="Updated")
    assert sorted(changed) == ["AES_128_128", "RC4_128_128", "TLS_1_0"]
    entry = changed["TLS_1_0"]
    assert entry["AppliedValue"] == entry["RequestedValue"] == "Enable" and entry["LastRequestedDateTime"]


def test_settings_outlive_the_service_and_tell_when_they_were_changed_elsewhere(lab):
    update(lab, TLS_1_1="Enable", KERBEROS_RC4="Enable")
    shown = lab.cloud.cli("directory", "show", lab.world.cloud.dns)["settings"]
    assert shown["allow_rc4"] and shown["tls_1_1"]
    lab.cloud.stop()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    assert everywhere(lab, version=ssl.TLSVersion.TLSv1_1) == {True}
    assert settings(lab)["KERBEROS_RC4"]["RequestStatus"] == "Updated"
    lab.cloud.cli("directory", "set", lab.world.cloud.dns, "--no-tls-1-1", "--no-allow-rc4")
    entry = settings(lab)["TLS_1_1"]
    assert (entry["RequestStatus"], entry["AppliedValue"], entry["RequestedValue"]) == ("Failed", "Disable", "Enable")
    assert "entente directory set" in entry["RequestStatusMessage"]
    assert everywhere(lab, version=ssl.TLSVersion.TLSv1_1) == {False}


def test_settings_that_cannot_be(lab):
    mark, before = lab.cloud.mark(), settings(lab)

    def refused(code, *pairs):
        return lab.refused(code, lab.ds.update_settings, DirectoryId=lab.id,
                           Settings=[{"Name": n, "Value": v} for n, v in pairs])
    assert "RC4_128_128" in refused("UnsupportedSettingsException", ("TLS_1_1", "Enable"), ("RC4_128_128", "Enable"))
    assert "CERTIFICATE_STRONG_ENFORCEMENT" in refused("UnsupportedSettingsException",
                                                       ("CERTIFICATE_STRONG_ENFORCEMENT", "Compatibility"))
    refused("IncompatibleSettingsException", ("TLS_1_1", "Enable"), ("TLS_1_1", "Disable"))
    refused("InvalidParameterException", ("TLS_1_1", "Maybe"))
    refused("InvalidParameterException")
    lab.refused("DirectoryDoesNotExistException", lab.ds.describe_settings, DirectoryId="d-0123456789")
    assert settings(lab) == before
    lab.cloud.reason_seen("API_SETTING", mark)


# --- log subscriptions -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def group(lab):
    """The file of the directory's events in the log group /aws/security."""
    os.makedirs(f"{lab.cloud.dir}/groups/aws/security")
    return f"{lab.cloud.dir}/groups/aws/security/{lab.id}.log"


@pytest.fixture
def subscribed(lab, group):
    """The same, with the directory's events going there."""
    if not lab.cloud.cli("log", "list"):
        lab.ds.create_log_subscription(DirectoryId=lab.id, LogGroupName="/aws/security")
    return group


def written(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def bind(lab, address, name):
    """A logon that is refused, and the status of who asked."""
    return lab.cloud.host.run("ldapwhoami", "-x", "-H", f"ldap://{address}", "-D", f"{name}@{lab.world.cloud.dns}", "-w",
                              "wrong", check=False, env={"LDAPTLS_REQCERT": "never"}).returncode


def binds(lab, path, name):
    """Events of refused logons of this name: which process of which domain controller wrote each."""
    for address in lab.world.cloud.addresses:
        assert bind(lab, address, name) == 8  # no password in clear

    def seen():
        found = {e["component"] for e in written(path) if e["event"] == "ldap.bind" and name in json.dumps(e)}
        return found if len(found) == len(lab.world.cloud.addresses) else None
    return wait_for(seen, f"logons of {name} in {path}", 10)


def test_security_events_go_to_a_log_group(lab, group):
    mark = lab.cloud.mark()
    for name in ("/aws/other", "../state", "/aws/security/../../.."):
        lab.refused("EntityDoesNotExistException", lab.ds.create_log_subscription, DirectoryId=lab.id, LogGroupName=name)
    lab.cloud.reason_seen("CONTROL_LOG_GROUP", mark)
    lab.refused("EntityDoesNotExistException", lab.ds.delete_log_subscription, DirectoryId=lab.id)
    assert lab.ds.list_log_subscriptions()["LogSubscriptions"] == []
    lab.cloud.aws(lab.key, "ds", "create-log-subscription", "--directory-id", lab.id, "--log-group-name", "/aws/security")
    assert binds(lab, group, "first") == {f"ldap {h}" for h in lab.world.cloud.hosts}
    lab.cloud.cli("group", "create", "logged")
    wait_for(lambda: [e for e in written(group) if e["component"] == "writer"], "the writer's event", 10)
    assert not [e for e in written(group) if e["component"].startswith("dns")]
    assert os.stat(group).st_mode & 0o777 == 0o640
    lab.refused("EntityAlreadyExistsException", lab.ds.create_log_subscription, DirectoryId=lab.id,
                LogGroupName="/aws/security")
    (one,) = lab.ds.list_log_subscriptions(DirectoryId=lab.id)["LogSubscriptions"]
    assert (one["DirectoryId"], one["LogGroupName"]) == (lab.id, "/aws/security") and one["SubscriptionCreatedDateTime"]


def test_a_subscription_outlives_the_service_and_its_file(lab, subscribed):
    lab.cloud.stop()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    assert [s["group"] for s in lab.cloud.cli("log", "list")] == ["/aws/security"]
    binds(lab, subscribed, "second")
    os.truncate(subscribed, 64 << 20)
    wait_for(lambda: os.path.exists(subscribed + ".1"), "another file in place of the full one", 15)
    binds(lab, subscribed, "third")
    assert os.stat(subscribed).st_size < 1 << 20


@pytest.mark.usefixtures("subscribed")
def test_no_links_of_others_are_followed(lab):
    """A group's folder may belong to its readers, and root writes there: into their files, not where they point to."""
    lab.cloud.cli("log", "unsubscribe")
    theirs, target = f"{lab.cloud.dir}/groups/theirs", f"{lab.cloud.dir}/target"
    os.mkdir(theirs)
    os.chown(theirs, 65534, 65534)
    for plant in (lambda path: os.symlink(target, path), os.mkfifo):
        plant(f"{theirs}/{lab.id}.log")
        lab.refused("DirectoryUnavailableException", lab.ds.create_log_subscription, DirectoryId=lab.id, LogGroupName="theirs")
        os.unlink(f"{theirs}/{lab.id}.log")
    assert not os.path.exists(target)
    lab.ds.create_log_subscription(DirectoryId=lab.id, LogGroupName="theirs")
    binds(lab, f"{theirs}/{lab.id}.log", "theirs")
    lab.cloud.cli("log", "unsubscribe")
    lab.ds.create_log_subscription(DirectoryId=lab.id, LogGroupName="/aws/security")


def test_a_full_disk_stops_events_and_nothing_else(lab, subscribed):
    lab.cloud.cli("log", "unsubscribe")
    assert lab.ds.list_log_subscriptions()["LogSubscriptions"] == []
    size = os.stat(subscribed).st_size
    os.mkdir(f"{lab.cloud.dir}/groups/full")
    os.symlink("/dev/full", f"{lab.cloud.dir}/groups/full/{lab.id}.log")
    lab.ds.create_log_subscription(DirectoryId=lab.id, LogGroupName="full")
    for i in range(40):
        assert bind(lab, lab.world.cloud.addresses[i % 2], f"full{i}") == 8
    lab.cloud.cli("group", "create", "unlogged")
    lab.ds.delete_log_subscription(DirectoryId=lab.id)
    assert os.stat(subscribed).st_size == size and all(p["restarts"] == 0 for p in lab.cloud.processes().values())


def test_no_folder_of_others_leads_elsewhere(lab):
    """The owner of a folder on the way to a group's may put a link there: nothing is begun where it points to."""
    above, target = f"{lab.cloud.dir}/groups/above", f"{lab.cloud.dir}/roots"
    os.makedirs(f"{above}/inner")
    os.chown(above, 65534, 65534)
    os.mkdir(target)
    os.symlink(target, f"{above}/link")
    lab.refused("EntityDoesNotExistException", lab.ds.create_log_subscription, DirectoryId=lab.id, LogGroupName="above/link")
    assert os.listdir(target) == []
    # What is root's there is not believed either, since its name is not.
    os.symlink(f"{target}/file", f"{above}/inner/{lab.id}.log")
    lab.refused("DirectoryUnavailableException", lab.ds.create_log_subscription, DirectoryId=lab.id, LogGroupName="above/inner")
    assert os.listdir(target) == [] and lab.cloud.cli("log", "list") == []


RSYSLOG = """
global(workDirectory="{dir}" defaultNetstreamDriver="ptcp")
module(load="imuxsock" SysSock.Use="off")
module(load="imtcp")
input(type="imuxsock" Socket="{dir}/syslog" )
input(type="imtcp" port="10514" address="127.0.0.1")
template(name="parsed" type="list" option.jsonf="on") {{
    property(outname="host" name="hostname" format="jsonf")
    property(outname="app" name="app-name" format="jsonf")
    property(outname="id" name="msgid" format="jsonf")
    property(outname="facility" name="syslogfacility-text" format="jsonf")
    property(outname="severity" name="syslogseverity-text" format="jsonf")
    property(outname="version" name="protocol-version" format="jsonf")
    property(outname="from" name="inputname" format="jsonf")
    property(outname="text" name="msg" format="jsonf")
}}
action(type="omfile" file="{dir}/collected" template="parsed")
"""


def collected(lab, name):
    """The messages about refused logons of this name, as rsyslogd has parsed them."""
    if not os.path.exists(f"{lab.cloud.dir}/collected"):
        return []
    with open(f"{lab.cloud.dir}/collected", encoding="utf-8") as f:
        return [m for line in f if line.endswith("\n") for m in (json.loads(line),) if name in m["text"]]


@pytest.mark.parametrize("group, way", [("/aws/syslog", "imuxsock"), ("far", "imtcp")])
def test_security_events_go_to_syslog(lab, group, way):
    """A collector that comes late gets what was said before; when it comes anew, what is said from then on."""
    mark, address = lab.cloud.mark(), lab.world.cloud.addresses[1]
    lab.cloud.aws(lab.key, "ds", "create-log-subscription", "--directory-id", lab.id, "--log-group-name", group)
    assert bind(lab, address, f"early-{way}") == 8
    lab.cloud.reason_seen("CONTROL_SYSLOG_AWAY", mark)
    configuration = lab.cloud.host.write("rsyslog.conf", RSYSLOG.format(dir=lab.cloud.dir))
    for name in ("early", "late"):
        daemon = lab.cloud.host.start("rsyslogd", "-n", "-f", configuration, "-i", f"{lab.cloud.dir}/rsyslogd.pid")
        try:
            def heard(who=name):
                if who == "late":  # the first ones may have gone to the former daemon
                    bind(lab, address, f"late-{way}")
                return collected(lab, f"{who}-{way}")
            message = wait_for(heard, f"the {name} logon", 20)[0]
            dc = lab.world.cloud.hosts[1]
            event = json.loads(message["text"])
            assert (event["event"], event["component"]) == ("ldap.bind", f"ldap {dc}")
            assert {k: message[k] for k in ("app", "facility", "severity", "from")} == {
                "app": "entente", "facility": "authpriv", "severity": "err", "from": way}
            if way == "imtcp":
                assert (message["host"], message["id"]) == (f"{dc}.{lab.world.cloud.dns}", "ldap.bind")
            else:
                assert event["host"] == f"{dc}.{lab.world.cloud.dns}"
        finally:
            lab.cloud.host.stop(daemon)
    lab.ds.delete_log_subscription(DirectoryId=lab.id)
    assert all(p["restarts"] == 0 for p in lab.cloud.processes().values())


# --- certificates and LDAPS ------------------------------------------------------------------------------------


def certificate(lab, name, *options):
    """A self-signed certificate in PEM."""
    key, pem = f"{lab.cloud.dir}/{name}.key", f"{lab.cloud.dir}/{name}.pem"
    lab.cloud.host.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                       key, "-out", pem, "-subj", f"/CN={name}", *options)
    with open(pem, encoding="ascii") as f:
        return f.read()


def unreadable(pem):
    """The same with a name that is not UTF-8; nobody looks at the signature of what is given to be trusted."""
    return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(pem).replace(b"unreadable", b"unreadabl\xff"))


def ldaps(lab):
    (one,) = lab.ds.describe_ldaps_settings(DirectoryId=lab.id)["LDAPSSettingsInfo"]
    return one["LDAPSStatus"], one.get("LDAPSStatusReason")


def register(lab, pem, **kw):
    return lab.ds.register_certificate(DirectoryId=lab.id, CertificateData=pem, **kw)["CertificateId"]


def test_certificates_are_authorities(lab):
    mark = lab.cloud.mark()
    other = certificate(lab, "other")
    refused = [certificate(lab, "leaf", "-addext", "basicConstraints=critical,CA:FALSE"), "nothing", other + other,
               certificate(lab, "nameless", "-subj", "/"), unreadable(certificate(lab, "unreadable"))]
    for pem in refused:
        lab.refused("InvalidCertificateException", register, lab=lab, pem=pem)
    lab.cloud.reason_seen("CONTROL_CERTIFICATE", mark)
    lab.refused("UnsupportedOperationException", register, lab=lab, pem=other, Type="ClientCertAuth")
    lab.refused("NoAvailableCertificateException", lab.ds.enable_ldaps, DirectoryId=lab.id, Type="Client")
    lab.cloud.reason_seen("CONTROL_LDAPS_NO_CERTIFICATE", mark)
    id = register(lab, other)
    lab.refused("CertificateAlreadyExistsException", register, lab=lab, pem=other)
    shown = lab.ds.describe_certificate(DirectoryId=lab.id, CertificateId=id)["Certificate"]
    assert (shown["CommonName"], shown["State"], shown["Type"]) == ("other", "Registered", "ClientLDAPS")
    assert shown["ExpiryDateTime"] > shown["RegisteredDateTime"]
    more = [register(lab, certificate(lab, f"more{i}")) for i in range(4)]
    lab.refused("CertificateLimitExceededException", register, lab=lab, pem=certificate(lab, "toomany"))
    lab.cloud.reason_seen("CONTROL_CERTIFICATE_LIMIT", mark)
    listed = lab.cloud.aws(lab.key, "ds", "list-certificates", "--directory-id", lab.id)["CertificatesInfo"]
    assert [c["CertificateId"] for c in listed] == [id, *more]
    for one in (id, *more):
        lab.ds.deregister_certificate(DirectoryId=lab.id, CertificateId=one)
    lab.refused("CertificateDoesNotExistException", lab.ds.deregister_certificate, DirectoryId=lab.id, CertificateId=more[0])
    lab.refused("CertificateDoesNotExistException", lab.ds.describe_certificate, DirectoryId=lab.id, CertificateId=more[0])


def test_ldaps_is_enabled_when_every_controller_can_be_trusted(lab):
    mark = lab.cloud.mark()
    assert lab.ds.describe_ldaps_settings(DirectoryId=lab.id)["LDAPSSettingsInfo"] == []
    stranger = register(lab, certificate(lab, "stranger"))
    lab.ds.enable_ldaps(DirectoryId=lab.id, Type="Client")
    state, why = ldaps(lab)
    assert state == "EnableFailed" and "CONTROL_LDAPS_UNTRUSTED" in why and lab.world.cloud.hosts[0] in why
    lab.cloud.cli("certificate", "register", f"{lab.cloud.state}/{lab.id}/ldap-ca.pem")
    assert ldaps(lab) == ("Enabled", None)
    lab.refused("InvalidLDAPSStatusException", lab.ds.enable_ldaps, DirectoryId=lab.id, Type="Client")
    lab.cloud.reason_seen("CONTROL_LDAPS_STATE", mark)
    lab.cloud.stop()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    assert ldaps(lab) == ("Enabled", None) and lab.cloud.cli("ldaps", "show")["state"] == "Enabled"
    (ours,) = [c["id"] for c in lab.cloud.cli("certificate", "list") if c["id"] != stranger]
    lab.refused("CertificateInUseException", lab.ds.deregister_certificate, DirectoryId=lab.id, CertificateId=ours)
    lab.cloud.reason_seen("CONTROL_CERTIFICATE_USED", mark)
    lab.ds.disable_ldaps(DirectoryId=lab.id, Type="Client")
    assert ldaps(lab) == ("Disabled", None)
    for one in (ours, stranger):
        lab.ds.deregister_certificate(DirectoryId=lab.id, CertificateId=one)
    lab.refused("InvalidLDAPSStatusException", lab.ds.disable_ldaps, DirectoryId=lab.id, Type="Client")


# --- RADIUS, updates -------------------------------------------------------------------------------------------


def described(lab):
    (one,) = lab.ds.describe_directories(DirectoryIds=[lab.id])["DirectoryDescriptions"]
    return one


def test_radius_is_shown_and_does_nothing(lab):
    asked = {"RadiusServers": ["10.0.0.9"], "RadiusPort": 1812, "RadiusTimeout": 5, "RadiusRetries": 2,
             "AuthenticationProtocol": "PAP", "SharedSecret": "never-seen-again"}
    lab.refused("EntityDoesNotExistException", lab.ds.update_radius, DirectoryId=lab.id, RadiusSettings=asked)
    lab.refused("InvalidParameterException", lab.ds.enable_radius, DirectoryId=lab.id, RadiusSettings={"RadiusPort": 1812})
    lab.ds.enable_radius(DirectoryId=lab.id, RadiusSettings=asked)
    lab.refused("EntityAlreadyExistsException", lab.ds.enable_radius, DirectoryId=lab.id, RadiusSettings=asked)
    lab.ds.update_radius(DirectoryId=lab.id, RadiusSettings={**asked, "RadiusRetries": 3})
    one = described(lab)
    assert one["RadiusStatus"] == "Failed" and "second factor" in one["StageReason"] and one["Stage"] == "Active"
    assert one["RadiusSettings"] == {**{k: v for k, v in asked.items() if k != "SharedSecret"}, "RadiusRetries": 3}
    for path in (f"{lab.cloud.state}/control.json", lab.cloud.log):
        with open(path, encoding="utf-8") as f:
            assert "never-seen-again" not in f.read()
    lab.ds.disable_radius(DirectoryId=lab.id)
    assert "RadiusSettings" not in described(lab) and "StageReason" not in described(lab)


def test_there_is_nothing_to_sign_on_to(lab):
    for call in (lab.ds.enable_sso, lab.ds.disable_sso):
        lab.refused("UnsupportedOperationException", call, DirectoryId=lab.id)
    assert described(lab)["SsoEnabled"] is False


def test_a_directory_becomes_a_larger_one(lab):
    def send(operation, **members):
        return lab.cloud.ds(lab.key, operation, DirectoryId=lab.id, **members)

    def update(kind, **kw):
        send("UpdateDirectorySetup", UpdateType=kind, **kw)

    def refused(code, kind, **kw):
        with pytest.raises(Refusal) as error:
            update(kind, **kw)
        assert error.value.code == code
    assert described(lab)["Size"] == "Small"
    refused("DirectoryInDesiredStateException", "OS", OSUpdateSettings={"OSVersion": "SERVER_2019"})
    refused("UnsupportedOperationException", "OS", OSUpdateSettings={"OSVersion": "SERVER_2012"})
    small, large = ({"DirectorySizeUpdateSettings": {"DirectorySize": s}} for s in ("Small", "Large"))
    refused("DirectoryInDesiredStateException", "SIZE", **small)
    refused("InvalidParameterException", "SIZE")
    update("SIZE", CreateSnapshotBeforeUpdate=True, **large)
    assert (described(lab)["Size"], described(lab)["Edition"]) == ("Large", "Enterprise")
    assert len(lab.ds.describe_snapshots(DirectoryId=lab.id)["Snapshots"]) == 1
    (done,) = send("DescribeUpdateDirectory", UpdateType="SIZE")["UpdateActivities"]
    assert done["Status"] == "Updated" and done["InitiatedBy"] == "Customer"
    refused("InvalidParameterException", "SIZE", **small)


def served(lab, address):
    """The certificate that LDAPS has for a new connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with inside(lab.cloud.host), socket.create_connection((address, 636), 10) as plain, context.wrap_socket(plain) as s:
        return ssl.DER_cert_to_PEM_cert(s.getpeercert(binary_form=True))


def facts(lab, pem):
    """Issuer, names, and the day on which it ends."""
    out = lab.cloud.host.run("openssl", "x509", "-noout", "-issuer", "-enddate", "-ext", "subjectAltName", input=pem).stdout
    ends = ssl.cert_time_to_seconds(re.search("notAfter=(.*)", out)[1])
    return re.search("issuer=(.*)", out)[1], re.search("DNS:.*", out)[0], round((ends - time.time()) / 86400)


def put_certificate(lab, authority, names, days=10):
    """A certificate of this authority and its key in the place of those of the second domain controller."""
    d, host = lab.cloud.dir, lab.world.cloud.hosts[1]
    run = lab.cloud.host.run
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-keyout", f"{d}/x.key",
        "-out", f"{d}/x.csr")
    lab.cloud.host.write("x.ext", f"subjectAltName={names}\n")
    run("openssl", "x509", "-req", "-in", f"{d}/x.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-set_serial", "77",
        "-days", str(days), "-extfile", f"{d}/x.ext", "-out", f"{d}/x.pem")
    for kind in ("pem", "key"):
        shutil.chown(f"{d}/x.{kind}", "nobody")
        os.chmod(f"{d}/x.{kind}", 0o600)
        os.rename(f"{d}/x.{kind}", f"{lab.cloud.state}/{lab.id}/ldap-{host}.{kind}")


def test_certificates_are_taken_up_and_renewed_while_the_service_runs(lab):
    w, mark = lab.world.cloud, lab.cloud.mark()
    address, file = w.addresses[1], f"{lab.cloud.state}/{lab.id}/ldap-{w.hosts[1]}"
    authority = f"{lab.cloud.state}/{lab.id}/ldap-ca"
    before = {n: p["restarts"] for n, p in lab.cloud.processes().items()}
    names = f"DNS:{w.hosts[1]}.{w.dns}, DNS:{w.dns}"
    ours = facts(lab, served(lab, address))[0]

    def ends():
        text = lab.cloud.host.run("curl", "-sS", "--unix-socket", lab.cloud.socket, "http://x/metrics").stdout
        found = re.search(rf'certificate_expiry_timestamp_seconds{{directory="{w.dns}",certificate="ldap-{w.hosts[1]}"}} (\d+)', text)
        return round((int(found[1]) - time.time()) / 86400)
    assert ends() > 700
    # Of the directory's own authority: taken up, then renewed with its names.
    put_certificate(lab, authority, names)
    wait_for(lambda: facts(lab, served(lab, address)) == (ours, names, 10) and ends() == 10, "the certificate that was put there", 20)
    os.kill(lab.cloud.proc.pid, signal.SIGHUP)
    wait_for(lambda: facts(lab, served(lab, address))[2] > 800, "one that was made anew", 20)
    assert facts(lab, served(lab, address))[:2] == (ours, names) and ends() > 800
    # Of another one: taken up, and whoever put it there is told that it ends.
    stranger, _ = self_signed(lab, "stranger.example", "stranger")
    put_certificate(lab, stranger[:-4], names)
    wait_for(lambda: facts(lab, served(lab, address)) == ("CN = stranger", names, 10), "the stranger's", 20)
    os.kill(lab.cloud.proc.pid, signal.SIGHUP)
    assert lab.cloud.reason_seen("CERTIFICATE_ENDS", mark)["file"] == file
    # What is none changes nothing.
    with open(f"{file}.pem", "w", encoding="ascii") as f:
        f.write("no certificate")
    lab.cloud.reason_seen("CERTIFICATE_UNUSABLE", mark)
    assert facts(lab, served(lab, address)) == ("CN = stranger", names, 10)
    put_certificate(lab, authority, names, 800)
    wait_for(lambda: facts(lab, served(lab, address))[2] == 800, "a good one", 20)
    assert {n: p["restarts"] for n, p in lab.cloud.processes().items()} == before


# --- event topics ----------------------------------------------------------------------------------------------


class Webhook:
    """What a topic's address is: takes POSTs, and refuses the first ones; with TLS when it has a certificate and key."""

    def __init__(self, host, refusals=0, at=("127.0.0.1", 9009), identity=None):
        self.got, self.refused = [], 0
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                bad = hook.refused < refusals
                if bad:
                    hook.refused += 1
                else:
                    hook.got.append((self.path, self.headers["Content-Type"], body))
                self.send_response(503 if bad else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        with inside(host):
            self.server = http.server.ThreadingHTTPServer(at, Handler)
        if identity:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*identity)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.handle_error = lambda *_: None  # of a client that does not trust it
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def stages(self):
        return [(body["PreviousStage"], body["Stage"]) for _, _, body in self.got]


def topic(lab, name="alarms"):
    (one,) = lab.ds.describe_event_topics(DirectoryId=lab.id, TopicNames=[name])["EventTopics"]
    return one


def test_a_topic_hears_of_changes_of_state(lab):
    mark = lab.cloud.mark()
    lab.refused("EntityDoesNotExistException", lab.ds.register_event_topic, DirectoryId=lab.id, TopicName="nobody")
    lab.cloud.reason_seen("CONTROL_TOPIC", mark)
    lab.cloud.aws(lab.key, "ds", "register-event-topic", "--directory-id", lab.id, "--topic-name", "alarms")
    lab.ds.register_event_topic(DirectoryId=lab.id, TopicName="alarms")
    one = topic(lab)
    assert (one["TopicName"], one["Status"]) == ("alarms", "Registered") and one["TopicArn"].endswith(":alarms")
    lab.refused("EntityDoesNotExistException", lab.ds.describe_event_topics, TopicNames=["other"])
    lab.cloud.stop()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    host = lab.world.cloud.hosts[1]
    lab.cloud.kill(f"ldap {lab.id}/{host}")
    wait_for(lambda: topic(lab)["Status"] == "Failed", "a topic that cannot be reached", 20)
    lab.cloud.reason_seen("CONTROL_TOPIC_AWAY", mark)
    hook = Webhook(lab.cloud.host, refusals=1)
    try:
        wait_for(lambda: hook.stages() == [("Active", "Impaired"), ("Impaired", "Active")], "both changes", 40)
        assert hook.refused == 1 and topic(lab)["Status"] == "Registered"
        path, kind, body = hook.got[0]
        assert (path, kind) == ("/alarms?of=directories", "application/json")
        assert body["DirectoryId"] == lab.id and host in body["StageReason"] and body["TopicName"] == "alarms"
        lab.ds.deregister_event_topic(DirectoryId=lab.id, TopicName="alarms")
        assert lab.cloud.cli("topic", "list") == []
        lab.refused("EntityDoesNotExistException", lab.ds.deregister_event_topic, DirectoryId=lab.id, TopicName="alarms")
    finally:
        hook.close()


def test_a_topic_that_is_registered_again_hears_nothing_of_before(lab):
    def fail():
        lab.cloud.kill(f"ldap {lab.id}/{lab.world.cloud.hosts[1]}")

    def active():
        return described(lab)["Stage"] == "Active"
    lab.ds.register_event_topic(DirectoryId=lab.id, TopicName="alarms")
    fail()
    wait_for(lambda: topic(lab)["Status"] == "Failed" and active(), "two notices that wait", 20)
    lab.ds.deregister_event_topic(DirectoryId=lab.id, TopicName="alarms")
    hook = Webhook(lab.cloud.host)
    try:
        lab.ds.register_event_topic(DirectoryId=lab.id, TopicName="alarms")
        fail()
        wait_for(lambda: hook.stages()[-1:] == [("Impaired", "Active")], "both changes", 40)
        assert hook.stages() == [("Active", "Impaired"), ("Impaired", "Active")]
    finally:
        hook.close()
        lab.ds.deregister_event_topic(DirectoryId=lab.id, TopicName="alarms")


def self_signed(lab, name, file):
    """A certificate for this name that is its own authority, and its key."""
    pem, key = (f"{lab.cloud.dir}/{file}.{kind}" for kind in ("pem", "key"))
    lab.cloud.host.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                       f"/CN={file}", "-addext", f"subjectAltName=DNS:{name}", "-days", "30", "-keyout", key, "-out", pem)
    return pem, key


def test_a_topic_with_tls_is_told_when_its_certificate_is_believed(lab):
    """Its name is looked up: the first name server is silent, the second one is the directory's own."""
    w = lab.world.cloud
    name, mark = f"{w.hosts[0]}.{w.dns}", lab.cloud.mark()
    right, wrong = self_signed(lab, name, "hook"), self_signed(lab, f"other.{w.dns}", "other")
    authorities = f"{lab.cloud.dir}/authorities/hooks.pem"
    lab.cloud.host.set_nameservers(["127.0.0.99", w.addresses[0]])
    lab.cloud.aws(lab.key, "ds", "register-event-topic", "--directory-id", lab.id, "--topic-name", "secure")
    hook = Webhook(lab.cloud.host, at=(w.addresses[0], 9443), identity=right)

    def why_not():
        return wait_for(lambda: [e["text"] for e in lab.cloud.events(mark) if e["event"] == "control.notice_failed" and
                                 e["topic"] == "secure"], "a notice that fails", 20)[0]
    try:
        os.symlink(right[0], authorities)  # which leads out of the one folder that the notifier may read
        lab.cloud.kill(f"ldap {lab.id}/{w.hosts[1]}")
        text = why_not()
        assert "no authority could be read" in text and hook.got == [], text
        os.unlink(authorities)
        shutil.copy(right[0], authorities)
        wait_for(lambda: len(hook.got) == 2, "both changes", 40)
    finally:
        hook.close()
    mark = lab.cloud.mark()
    hook = Webhook(lab.cloud.host, at=(w.addresses[0], 9443), identity=right)
    try:
        shutil.copy(wrong[0], authorities)
        lab.cloud.kill(f"ldap {lab.id}/{w.hosts[1]}")
        text = why_not()
        assert "issuer" in text and hook.got == [], text
        shutil.copy(right[0], authorities)
        wait_for(lambda: hook.stages() == [("Active", "Impaired"), ("Impaired", "Active")], "both changes", 40)
        assert topic(lab, "secure")["Status"] == "Registered" and hook.got[0][2]["TopicName"] == "secure"
    finally:
        hook.close()
    mark = lab.cloud.mark()
    # Somebody else's certificate, though the same authority is believed.
    shutil.copy(wrong[0], authorities)
    hook = Webhook(lab.cloud.host, at=(w.addresses[0], 9443), identity=wrong)
    try:
        lab.cloud.kill(f"ldap {lab.id}/{w.hosts[1]}")
        text = why_not()
        assert "name" in text and hook.got == [], text
    finally:
        hook.close()
        lab.ds.deregister_event_topic(DirectoryId=lab.id, TopicName="secure")
    wait_for(lambda: described(lab)["Stage"] == "Active", "the directory", 20)


# --- extensions of the schema ----------------------------------------------------------------------------------

LDIF = """dn: CN={name},CN=Schema,CN=Configuration,{base}
changetype: add
objectClass: attributeSchema
lDAPDisplayName: {name}
attributeID: 1.3.6.1.4.1.99999.8.{number}
attributeSyntax: 2.5.5.12
oMSyntax: 64
isSingleValued: TRUE

dn:
changetype: modify
add: schemaUpdateNow
schemaUpdateNow: 1
-

dn: CN=User,CN=Schema,CN=Configuration,{base}
changetype: modify
add: mayContain
mayContain: {name}
-
"""


def extensions(lab):
    return {e["SchemaExtensionId"]: e for e in lab.ds.list_schema_extensions(DirectoryId=lab.id)["SchemaExtensionsInfo"]}


def extend(lab, text, snapshot=False):
    id = lab.ds.start_schema_extension(DirectoryId=lab.id, CreateSnapshotBeforeSchemaExtension=snapshot,
                                       LdifContent=text, Description="by a test")["SchemaExtensionId"]
    final = ("Completed", "Failed", "Cancelled")
    return wait_for(lambda: extensions(lab)[id]["SchemaExtensionStatus"] in final and extensions(lab)[id], "it ends")


def test_the_schema_is_extended(lab):
    base = ",".join(f"DC={label}" for label in lab.world.cloud.dns.split("."))
    before = len(lab.ds.describe_snapshots(DirectoryId=lab.id)["Snapshots"])
    largest = LDIF.format(name="exAws", number=1, base=base)
    largest += "# as large as can be\n" * ((500000 - len(largest)) // 21)
    done = extend(lab, largest, snapshot=True)
    assert done["SchemaExtensionStatus"] == "Completed" and done["Description"] == "by a test", done
    assert done["EndDateTime"] >= done["StartDateTime"]
    snapshots = lab.ds.describe_snapshots(DirectoryId=lab.id)["Snapshots"]
    assert len(snapshots) == before + 1 and snapshots[-1]["Status"] == "Completed"
    failed = extend(lab, LDIF.format(name="exAws", number=2, base=base))
    assert failed["SchemaExtensionStatus"] == "Failed" and "line 1" in failed["SchemaExtensionStatusReason"], failed
    lab.refused("ClientException", lab.ds.cancel_schema_extension, DirectoryId=lab.id,
                SchemaExtensionId=done["SchemaExtensionId"])
    lab.refused("EntityDoesNotExistException", lab.ds.cancel_schema_extension, DirectoryId=lab.id,
                SchemaExtensionId="e-0123456789")
