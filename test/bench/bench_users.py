"""Names, passwords and AES256 keys of a forest's users, the same for all servers: made once for each number
and kept, so that peers' databases fit."""
import os
import secrets

from bench_common import BUILD, KEPT, run, write

LOAD = os.path.join(BUILD, "test", "bench", "krb_load")


class Users:
    def __init__(self, realm, count):
        self.count = count
        self.base = os.path.join(KEPT, f"{realm}-{count}")
        self.keys = self.base + ".keys"
        self.passwords = self.base + ".passwords"
        if not os.path.exists(self.keys):
            write(self.passwords, "".join(f"user{i:05d} Pass-{secrets.token_hex(8)}\n" for i in range(count)))
            keys = run(LOAD, "keys", f"realm={realm.upper()}", f"users={self.passwords}")
            os.replace(write(self.keys + ".new", keys), self.keys)

    def lines(self, path):
        with open(path, encoding="ascii") as f:
            return [line.split() for line in f]
