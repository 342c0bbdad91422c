"""JWT in and out. Expired and malformed are told apart, because the client does different things about them."""

import time
from urllib.parse import parse_qs

import jwt
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.module_loading import import_string

from ..conf import jwt_secret, setting
from ..protocol.frames import is_name

UNAUTHORIZED = 4001
FORBIDDEN = 4003
INVALID_TOKEN = 4004


class TokenRejected(Exception):
    def __init__(self, close_code):
        super().__init__(close_code)
        self.close_code = close_code


def issue_token(user, lifetime=None):
    now = int(time.time())
    lifetime = setting("JWT_LIFETIME_SECONDS") if lifetime is None else lifetime
    claims = {"sub": str(user.pk), "username": user.get_username(), "iat": now, "exp": now + lifetime}
    return jwt.encode(claims, jwt_secret(), algorithm="HS256")


def token_in_url(scope):
    return parse_qs(scope["query_string"].decode("latin1")).get("token", [None])[0]


def read_token(token):
    """The claims of a good token, or TokenRejected."""
    if not token or not isinstance(token, str):
        raise TokenRejected(UNAUTHORIZED)
    try:
        # iat is not checked: a server whose clock lags a second behind would turn fresh tokens away.
        return jwt.decode(
            token, jwt_secret(), algorithms=["HS256"], options={"require": ["exp", "sub"], "verify_iat": False}
        )
    except jwt.ExpiredSignatureError:
        raise TokenRejected(UNAUTHORIZED) from None
    except (jwt.PyJWTError, ValueError):  # half a character, a number that is none
        raise TokenRejected(INVALID_TOKEN) from None


def user_of(claims):
    user = user_with(claims["sub"])
    if user is None:
        raise TokenRejected(INVALID_TOKEN)
    if not user.is_active:
        raise TokenRejected(FORBIDDEN)  # another token would not help
    return user


def user_with(key):
    """Whatever the key of the project's users is: a number, a UUID, a text. What is no such key is nobody's."""
    model = get_user_model()
    try:
        return model.objects.filter(pk=model._meta.pk.to_python(str(key))).first() if is_name(str(key)) else None
    except (ValidationError, ValueError, OverflowError, DataError):
        return None


def claims_of(token):
    """By the project's own function, where it has one."""
    return import_string(setting("READ_TOKEN"))(token)


def user_from_token(token):
    return user_of(claims_of(token))
