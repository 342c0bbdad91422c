"""Frames to text, once for all who read the same."""

import json

from ..protocol import wire


class Texts:
    """For one turn. Frames are known by their identity: hold on to them for as long as to this."""

    def __init__(self):
        self.known = {}
        self.personal = {}

    def of(self, frames, user_id, level):
        """Several frames travel as one batch."""
        readers = self.readers_of(frames)
        key = (level, user_id if user_id in readers else None, *map(id, frames))
        if key not in self.known:
            self.known[key] = ",".join([self.text(frame, user_id if user_id in readers else None, level) for frame in frames])
        return self.known[key] if len(frames) == 1 else f"[{self.known[key]}]"

    def text(self, frame, user_id, level):
        key = (level, user_id, id(frame))
        if key not in self.known:
            self.known[key] = as_text(wire.for_reader(frame, user_id, level))
        return self.known[key]

    def readers_of(self, frames):
        """Those for whom it reads differently: who has reacted sees `me`."""
        found = frozenset()
        for frame in frames:
            if id(frame) not in self.personal:
                self.personal[id(frame)] = frozenset(wire.readers_named(frame))
            found |= self.personal[id(frame)]
        return found


def as_text(value):
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
