"""
What a client sent, from text to frames. JSON in Python takes more than JSON is: what other clients, or PostgreSQL, could not
read stops here.
"""

import json
import re

from .errors import ChatError

MAX_MESSAGE_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NAME = 128
# JavaScript rounds beyond it. Ids of that size travel as text.
MAX_INTEGER = 2**53 - 1
# PostgreSQL has no place for the first, UTF-8 none for the others.
UNFIT_TEXT = re.compile("[\\x00\\ud800-\\udfff]")


class Unfit:
    """Stands where a number was that JSON does not have, or that JavaScript does not."""


def read_integer(text):
    # The length first: Python refuses to convert thousands of digits, and takes long for hundreds.
    return int(text) if len(text) < 20 and abs(int(text)) <= MAX_INTEGER else Unfit


def read_float(text):
    value = float(text)
    return value if abs(value) != float("inf") else Unfit


def read_frames(text):
    """Frames, and a ChatError where one should be and is none: the ones beside it are served all the same."""
    try:
        value = json.loads(text or "", parse_int=read_integer, parse_float=read_float, parse_constant=lambda name: Unfit)
    except (ValueError, RecursionError):
        return [ChatError("invalid", "This is not JSON, or nested too deeply.")]
    if value == []:
        return [ChatError("invalid", "There is no frame in this.")]
    return [read_frame(frame) for frame in (value if isinstance(value, list) else [value])]


def read_frame(frame):
    if not isinstance(frame, dict) or not is_name(frame.get("type")):
        return ChatError("invalid", "A frame is an object with a type.")
    if not is_fit(frame):
        problem = "A number is not finite or beyond 2^53, a text holds a NUL or half a character, or it is nested too deeply."
        return ChatError("invalid", problem, reply_to=id_of(frame))
    data = frame.get("data")
    return {"type": frame["type"], "id": id_of(frame), "data": data if isinstance(data, dict) else {}}


def id_of(frame):
    value = frame.get("id")
    return value if is_name(value) or is_integer(value) else None


def is_name(value):
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME and is_text(value)


def is_integer(value):
    """`True` is an integer to Python."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_text(value):
    return isinstance(value, str) and not UNFIT_TEXT.search(value)


def is_fit(frame):
    """Level by level: a walk by recursion ends where the stack does."""
    level = [frame]
    for _ in range(MAX_DEPTH):
        below = []
        for value in level:
            if value is Unfit or (isinstance(value, str) and not is_text(value)):
                return False
            if isinstance(value, dict):
                below += value.keys()
                below += value.values()
            elif isinstance(value, list):
                below += value
        if not below:
            return True
        level = below
    return False
