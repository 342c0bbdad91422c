"""How fast one connection may send. Every KiB counts as one frame more."""

import time

# Daphne sends no code below 3000 but 1000, so this stands for 1009.
TOO_LARGE = 4009
# The client waits and comes again, and blames none of its frames.
TRY_AGAIN_LATER = 4029

FRAMES_PER_SECOND = 50
BURST = 300
CONNECTIONS_PER_USER = 200
SUBSCRIPTIONS = 1000


class Meter:
    """A bucket of BURST frames that fills up by so many a second."""

    def __init__(self, now=time.monotonic):
        self.now = now
        self.left = BURST
        self.refused = 0
        self.at = now()

    def take(self, cost):
        """0: go on. Else so many milliseconds are to pass before this may be asked again."""
        now = self.now()
        self.left = min(BURST, self.left + (now - self.at) * FRAMES_PER_SECOND)
        self.at = now
        if self.left >= BURST:
            self.refused = 0
        if self.left >= cost:
            self.left -= cost
            return 0
        self.refused += cost
        return int((min(cost, BURST) - self.left) * 1000 / FRAMES_PER_SECOND) + 1

    def is_flooded(self):
        return self.refused > BURST
