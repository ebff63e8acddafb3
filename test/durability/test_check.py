"""`entente directory check` tells a whole directory from one whose file contradicts itself."""

import os

import lmdb
import pytest

from entente import EntenteForest
from netns import Network
from world import World


@pytest.fixture(scope="module")
def forest():
    net, world = Network("check"), World("check")
    try:
        made = EntenteForest(net, world.cloud)
        made.serve()
        made.create()
        yield made
    finally:
        net.close()


def damaged(forest, database, change):
    """What check says while change(cursor) is undone afterwards; the service does not run meanwhile."""
    [name] = [n for n in os.listdir(forest.state) if n.startswith("d-")]
    path = f"{forest.state}/{name}"
    with open(f"{path}/data.mdb", "rb") as f:
        whole = f.read()
    owner = os.stat(f"{path}/data.mdb")
    forest.stop()
    with lmdb.open(path, max_dbs=20, lock=False, map_size=1 << 30) as env:
        db = env.open_db(database, create=False)
        with env.begin(db, write=True) as txn, txn.cursor() as cursor:
            change(cursor)
    forest.serve()
    forest.wait_ready()
    code, body, _ = forest.try_cli("directory", "check")
    forest.stop()
    with open(f"{path}/data.mdb", "wb") as f:
        f.write(whole)
    os.chown(f"{path}/data.mdb", owner.st_uid, owner.st_gid)
    forest.serve()
    forest.wait_ready()
    assert code == 1 and body["error"]["reason"] == "CONTROL_DAMAGED", body
    return body["error"]["message"]


def drop_last(cursor):
    assert cursor.last() and cursor.delete()


def test_whole(forest):
    assert forest.cli("directory", "check")["usn"] > 0


def test_an_index_entry_is_missing(forest):
    assert "object" in damaged(forest, b"index", drop_last)


def test_a_name_is_missing(forest):
    assert "its name does not lead to it" in damaged(forest, b"child", drop_last)


def test_whole_again(forest):
    assert forest.cli("directory", "check")["usn"] > 0
