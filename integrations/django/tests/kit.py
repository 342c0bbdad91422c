"""Users and rooms for the tests."""

from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth import get_user_model
from django.db import connection

from querywire.chat import messages as chat_messages
from querywire.models import Membership, Room

USERS = ["alice", "bob", "carol"]


def make_users(names=USERS):
    return [get_user_model().objects.get_or_create(username=name)[0] for name in names]


def make_room(room_id, members=USERS, kind=Room.CHANNEL, messages=0):
    users = make_users(members)
    room = Room.objects.create(pk=room_id, name=room_id, kind=kind)
    for user in users:
        Membership.objects.create(room=room, user=user, role="admin" if user == users[0] else "member")
    for count in range(messages):
        chat_messages.post(users[0], room_id, f"old {count + 1}")
    return room


def in_threads(*functions):
    """Each on a database connection of its own, as in another process; what they return."""

    def run(function):
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(run, function) for function in functions]]
