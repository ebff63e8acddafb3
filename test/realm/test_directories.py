"""Many directories in one service: their number, and what one does not know of another."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import ldap_service
from ldap_service import Service

ADMIN = "Adm1n-of-many"


def folder_of(name):
    folder = Path("/tmp") / f"entente-{name}-{os.getpid()}"
    folder.mkdir()
    return folder


def failed_directory(number):
    return {"id": f"d-{number:010x}", "name": f"d{number}.example", "short_name": f"D{number}", "state": "Failed",
            "site": "Default-First-Site-Name", "dcs": [{"host": "dc1", "addresses": ["127.0.0.1"]}]}


def test_no_more_are_made_than_the_next_start_takes():
    """256 records of directories that are not started; the 257th would keep the service from starting again."""
    folder = folder_of("full")
    try:
        (folder / "state").mkdir(mode=0o755)
        state = {"format": 1, "directories": [failed_directory(i) for i in range(256)]}
        (folder / "state" / "control.json").write_text(json.dumps(state), encoding="utf-8")
        os.chmod(folder / "state" / "control.json", 0o644)
        s = Service(folder)
        try:
            create = ["directory", "create", "one.more.example", "--short-name", "MORE", "--admin-password-file",
                      s.secret("admin", ADMIN)]
            done = subprocess.run([ldap_service.BUILD / "src" / "entente", "--output", "json", *map(str, create)],
                                  env=dict(os.environ, ENTENTE_SOCKET=str(s.socket)), text=True, stdout=subprocess.PIPE,
                                  check=False)
            assert done.returncode == 2, done.stdout
            assert json.loads(done.stdout)["error"]["reason"] == "CONTROL_DIRECTORIES"
        finally:
            s.process.terminate()
            s.process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
