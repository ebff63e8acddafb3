import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "realm"))

import pytest

from entente import build_programs
from world import SEED


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only in ./check --all")


def pytest_report_header(config):
    return f"ENTENTE_SEED={SEED}"


@pytest.fixture(scope="session", autouse=True)
def programs():
    build_programs()
