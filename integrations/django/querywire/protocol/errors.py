class ChatError(Exception):
    """A refusal the client can act on; becomes `{"type": "error", "error": {…}}`."""

    def __init__(self, code, message, retryable=False, retry_after_ms=None, reply_to=None):
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        self.reply_to = reply_to

    def as_json(self):
        hint = {} if self.retry_after_ms is None else {"retry_after_ms": self.retry_after_ms}
        return {"code": self.code, "message": str(self), "retryable": self.retryable, **hint}
