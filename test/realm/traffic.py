"""People who come and go while something is changed."""

import threading
from contextlib import contextmanager

from netns import wait_for


class Traffic(threading.Thread):
    """Logs on and fetches a ticket of the other forest, again and again, until it is told to stop or fails."""

    def __init__(self, logs_on, spn):
        super().__init__()
        self.logs_on, self.spn = logs_on, spn
        self.rounds, self.failure, self.ends = 0, None, False

    def run(self):
        try:
            while not self.ends:
                self.logs_on().ticket(self.spn)
                self.rounds += 1
        except AssertionError as e:
            self.failure = e

    def further(self, rounds):
        target = self.rounds + rounds
        wait_for(lambda: self.failure or self.rounds >= target, f"{rounds} rounds of {self.spn}")


@contextmanager
def going_on(traffic):
    """All of it goes on meanwhile, and none of it fails."""
    for t in traffic:
        t.start()
    try:
        for t in traffic:
            t.further(3)
        yield
    finally:
        for t in traffic:
            t.ends = True
        for t in traffic:
            t.join()
    assert [t.failure for t in traffic] == [None] * len(traffic)
