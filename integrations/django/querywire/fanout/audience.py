"""Which sockets of this process hear what: by room, by user. Knows nothing of what is told."""

from collections import defaultdict
from dataclasses import dataclass, field

from .groups import PRESENCE, room_group, user_group


@dataclass
class Room:
    sockets: set = field(default_factory=set)  # have it open: its events
    people: set = field(default_factory=set)  # are of its members: news about it
    head: dict = None  # the newest event that was passed on


class Audience:
    def __init__(self):
        self.rooms = defaultdict(Room)
        self.users = defaultdict(set)
        self.places = defaultdict(set)  # the rooms that know a socket

    def wanted_groups(self):
        rooms = {room_group(room_id) for room_id, room in self.rooms.items() if room.sockets or room.people}
        return {PRESENCE} | rooms | {user_group(user_id) for user_id, here in self.users.items() if here}

    def all_sockets(self):
        return set().union(*self.users.values())

    def of_user(self, user_id):
        return self.users.get(str(user_id), set())

    def of_rooms(self, room_ids):
        """All who are in any of these rooms."""
        return set().union(*(self.rooms[room_id].people for room_id in room_ids if room_id in self.rooms))

    def lookers_at(self, room_id):
        """The users who see this room in a list."""
        people = self.rooms[room_id].people if room_id in self.rooms else ()
        return {socket.user.pk for socket in people if socket.own_room in (None, room_id)}

    def enter(self, socket):
        self.users[str(socket.user.pk)].add(socket)

    def bring(self, sockets, room_id):
        self.rooms[room_id].people.update(sockets)
        for socket in sockets:
            self.places[socket].add(room_id)

    def part(self, sockets, room_id):
        for socket in sockets:
            self.unlisten(socket, room_id)
            socket.parted.add(room_id)
        if room_id in self.rooms:
            self.rooms[room_id].people.difference_update(sockets)

    def listen(self, socket, room_id):
        self.rooms[room_id].sockets.add(socket)
        self.places[socket].add(room_id)

    def unlisten(self, socket, room_id):
        socket.rooms.discard(room_id)
        if room_id in self.rooms:
            self.rooms[room_id].sockets.discard(socket)

    def leave(self, socket):
        user_id = str(socket.user.pk)
        self.users[user_id].discard(socket)
        if not self.users[user_id]:
            del self.users[user_id]
        for room_id in self.places.pop(socket, ()):
            room = self.rooms[room_id]
            room.sockets.discard(socket)
            room.people.discard(socket)
            if not room.sockets and not room.people:
                del self.rooms[room_id]

    def passed_on(self, room_id, head):
        """What is up to here, this process need not look for when it has been cut off."""
        room = self.rooms.get(room_id)
        if room and (room.head is None or room.head["epoch"] != head["epoch"] or room.head["seq"] < head["seq"]):
            room.head = {"seq": head["seq"], "epoch": head["epoch"]}

    def heads(self):
        return {room_id: room.head for room_id, room in self.rooms.items() if room.sockets and room.head}
