"""How the carrier may behave where its documentation leaves it open."""

from enum import StrEnum


class Variant(StrEnum):
    """
    One reading of the open questions; every scenario should hold under each.

    A: a whisper that hangs up counts as ``completed`` without a bridge, a
    caller who leaves gives ``canceled``, a Gather without keys sends empty
    Digits.  B: ``no-answer`` in both cases and no Digits at all.  C: as A,
    but when the caller leaves, the action is not requested at all.

    Source: reference sections 1.3, 1.6 and 9.4.
    """

    A = "A"
    B = "B"
    C = "C"

    @property
    def counts_unaccepted_as_completed(self) -> bool:
        """Whether a phone that was picked up and not bridged gives ``completed``."""
        return self is not Variant.B

    @property
    def dial_status_when_caller_leaves(self) -> str | None:
        """DialCallStatus when the caller left before a bridge; None: the action is not asked."""
        return {Variant.A: "canceled", Variant.B: "no-answer"}.get(self)

    @property
    def sends_empty_digits(self) -> bool:
        return self is not Variant.B

    @property
    def status_of_unanswered_caller(self) -> str:
        """Final CallStatus of a caller who left before anything answered the call."""
        return "no-answer" if self is Variant.B else "completed"

    @property
    def says_ringing_after_a_dial(self) -> bool:
        """Whether a caller whom nothing has answered yet is ``ringing`` in a Dial's action."""
        return self is not Variant.B

    @property
    def repeats_idempotency_token(self) -> bool:
        """Whether a retried webhook carries the same token as the first attempt."""
        return self is not Variant.B
