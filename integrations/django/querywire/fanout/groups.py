"""Names of groups in the channel layer."""

PRESENCE = "querywire.presence"


def room_group(room_id):
    """The processes that have a socket of a member of the room."""
    return f"room.{room_id}"


def user_group(user_id):
    """The processes that have a socket of the user."""
    return f"user.{user_id}"


def account_group(user_id):
    """Consumers of your own: for `dismissed`, and `expelled` with `room_id`."""
    return f"account.{user_id}"


def plain_group(room_id):
    """Consumers of your own: for `deliver` with `frames`, as level 0 knows them."""
    return f"chat.{room_id}"
