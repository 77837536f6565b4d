"""Refusals of the REST face, in the shape that the carrier gives them."""


class Refused(Exception):
    """A request is refused with an HTTP *status* and the carrier's own *code*."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def not_found() -> Refused:
    return Refused(404, 20404, "The requested resource was not found")
