"""Files that come with a message. Their bytes are none of ours; what is said of them goes out to everybody, as it came."""

import re
from urllib.parse import urlsplit

from ..protocol.errors import ChatError
from ..protocol.frames import MAX_INTEGER, is_integer, is_name

MAX_ATTACHMENTS = 10
MAX_TEXT = 255
MAX_URL = 2048
SCHEMES = ("http", "https", "blob")
# What browsers leave out of an address before they read its scheme.
LEFT_OUT = re.compile("[\t\n\r]")
BLANKS = "".join(map(chr, range(33)))
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")


def checked_attachments(value):
    """None where there are none. Fields that are not listed here are kept."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise ChatError("invalid", "attachments must be an array.")
    if len(value) > MAX_ATTACHMENTS:
        raise ChatError("too_many", f"A message has at most {MAX_ATTACHMENTS} attachments.")
    for at, attachment in enumerate(value):
        check(attachment if isinstance(attachment, dict) else {}, at)
    return value


def check(attachment, at):
    for name, (is_right, expected) in FIELDS.items():
        if not is_right(attachment.get(name)):
            raise ChatError("invalid", f"attachments[{at}].{name} must be {expected}.")


def is_short(value):
    return isinstance(value, str) and len(value) <= MAX_TEXT


def is_count(value):
    return is_integer(value) and 0 <= value <= MAX_INTEGER


def is_address(value):
    if not isinstance(value, str) or len(value) > MAX_URL:
        return False
    url = LEFT_OUT.sub("", value.strip(BLANKS))
    scheme = SCHEME.match(url)
    if scheme is None:
        return url != ""
    if scheme[1].lower() not in SCHEMES:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "blob" or (parts.hostname is not None and " " not in parts.netloc)
    except ValueError:
        return False


FIELDS = {
    "id": (lambda value: is_integer(value) or is_name(value), "an id"),
    "name": (lambda value: is_short(value) and value != "", f"a text of 1 to {MAX_TEXT} characters"),
    "mime_type": (is_short, f"a text of at most {MAX_TEXT} characters"),
    "size": (is_count, "a whole number of bytes"),
    "url": (is_address, f"an address of http, https or blob, or a relative one, of 1 to {MAX_URL} characters"),
    "width": (lambda value: value is None or is_count(value), "a whole number of pixels"),
    "height": (lambda value: value is None or is_count(value), "a whole number of pixels"),
}
