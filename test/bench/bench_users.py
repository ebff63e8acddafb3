"""Names, passwords and AES256 keys of a forest's users, the same for all servers: made once for each number
and kept, so that peers' databases fit."""
import os
import secrets

from bench_common import BUILD, KEPT, run, write

LOAD = os.path.join(BUILD, "test", "bench", "krb_load")


class Keys:
    """A file of lines "name hexkey"."""

    def __init__(self, count, keys):
        self.count, self.keys = count, keys

    def lines(self, path):
        with open(path, encoding="ascii") as f:
            return [line.split() for line in f]


class Users(Keys):
    """With the file of their passwords."""

    def __init__(self, realm, count):
        base = os.path.join(KEPT, f"{realm}-{count}")
        super().__init__(count, base + ".keys")
        self.passwords = base + ".passwords"
        if not os.path.exists(self.keys):
            write(self.passwords, "".join(f"user{i:05d} Pass-{secrets.token_hex(8)}\n" for i in range(count)))
            keys = run(LOAD, "keys", f"realm={realm.upper()}", f"users={self.passwords}")
            os.replace(write(self.keys + ".new", keys), self.keys)
