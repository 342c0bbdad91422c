class ChatError(Exception):
    """A refusal the client can act on; becomes `{"type": "error", "error": {…}}`."""

    def __init__(self, code, message, retryable=False):
        super().__init__(message)
        self.code = code
        self.retryable = retryable

    def as_json(self):
        return {"code": self.code, "message": str(self), "retryable": self.retryable}
