"""Operations of the AWS API about a directory's settings and surroundings, with AWS's own clients: each has an effect
that a stock client of the directory sees, and is still there after a restart."""

import socket
import ssl

import pytest

from aws_api import inside
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
