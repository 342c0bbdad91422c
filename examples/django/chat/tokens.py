"""JWT in and out. Expired and malformed are told apart, because the client does different things about them."""

import re
import time
from urllib.parse import parse_qs

import jwt
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model

UNAUTHORIZED = 4001
FORBIDDEN = 4003
INVALID_TOKEN = 4004


class TokenRejected(Exception):
    def __init__(self, close_code):
        super().__init__(close_code)
        self.close_code = close_code


def issue_token(user, lifetime=None):
    now = int(time.time())
    lifetime = settings.JWT_LIFETIME_SECONDS if lifetime is None else lifetime
    claims = {"sub": str(user.pk), "username": user.get_username(), "iat": now, "exp": now + lifetime}
    return jwt.encode(claims, settings.JWT_SECRET, algorithm="HS256")


def token_in_url(scope):
    return parse_qs(scope["query_string"].decode("latin1")).get("token", [None])[0]


def read_token(token):
    """The claims of a good token, or TokenRejected."""
    if not token or not isinstance(token, str):
        raise TokenRejected(UNAUTHORIZED)
    try:
        # iat is not checked: a server whose clock lags a second behind would turn fresh tokens away.
        return jwt.decode(
            token, settings.JWT_SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"], "verify_iat": False}
        )
    except jwt.ExpiredSignatureError:
        raise TokenRejected(UNAUTHORIZED) from None
    except (jwt.PyJWTError, ValueError):  # half a character, a number that is none
        raise TokenRejected(INVALID_TOKEN) from None


def user_of(claims):
    known = re.fullmatch("[0-9]{1,18}", str(claims["sub"]))
    user = get_user_model().objects.filter(pk=claims["sub"]).first() if known else None
    if user is None:
        raise TokenRejected(INVALID_TOKEN)
    if not user.is_active:
        raise TokenRejected(FORBIDDEN)  # another token would not help
    return user


@database_sync_to_async
def user_from_token(token):
    return user_of(read_token(token))
