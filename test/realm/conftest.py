import subprocess

import pytest

from entente import BUILD, ROOT
from world import SEED


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only in ./check --all")


def pytest_report_header(config):
    return f"ENTENTE_SEED={SEED}"


@pytest.fixture(scope="session", autouse=True)
def programs():
    """The programs under test are those of the tree: built once, in no time when nothing changed."""
    if not (BUILD.parent / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(BUILD.parent), str(ROOT)], check=True)
    subprocess.run(["ninja", "-C", str(BUILD.parent), "src/entente", "src/entente-serve", "src/dns_testd"],
                   check=True, stdout=subprocess.DEVNULL)
