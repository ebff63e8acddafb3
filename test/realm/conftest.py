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
