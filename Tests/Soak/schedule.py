"""One thread that does things at their times and reads what processes write."""
import heapq
import itertools
import random
import selectors
import time


class Schedule:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self._due = []
        self._order = itertools.count()
        self._selector = selectors.DefaultSelector()

    def after(self, seconds, action):
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    def between(self, low, high, action):
        """At a time drawn from low to high seconds from now."""
        self.after(self.random.uniform(low, high), action)

    def watch(self, file, action):
        self._selector.register(file, selectors.EVENT_READ, action)

    def unwatch(self, file):
        self._selector.unregister(file)

    def clear(self):
        """Forgets what is due; what is watched stays."""
        self._due.clear()

    def run(self, seconds):
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2]()
            next_due = self._due[0][0] if self._due else end
            wait = max(0, min(end, next_due) - time.monotonic())
            if not self._selector.get_map():
                time.sleep(wait)
                continue
            for key, _ in self._selector.select(wait):
                key.data()
