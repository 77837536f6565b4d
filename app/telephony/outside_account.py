"""What is wrong with our account at the carrier: its standing, what is left, and the time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.duty.notifier import AccountState, Standing, Switchboard, TokenRefused
from app.review.diagnosis import Diagnosis, either, error, warning
from app.review.looks import Look
from routing.errors import CarrierUnavailable

# Accounts that were upgraded from here on carry two calls at once before the carrier has approved
# who stands behind them: one caller, and the therapist she talks with.
# Source: Twilio, help 223180028.
LIMITED_SINCE = datetime(2026, 2, 3, tzinfo=UTC)
# An evening with twenty callers for ten minutes each, two legs of about five hundredths a minute,
# costs twenty of whatever the account is kept in: so little may end in the middle of one, and a
# little more within the week.
LEAST_LEFT, LITTLE_LEFT = Decimal(10), Decimal(50)
# A signature holds no time, but what is done by the clock does: whose duty it is, codes for signing
# in (half a minute), certificates, and what we ask the carrier's lists for, where a minute off is
# allowed for and more may send a text twice.
APART, FAR_APART = timedelta(seconds=5), timedelta(seconds=60)
_A_SECOND = timedelta(seconds=1)  # the carrier's clock is told in whole ones


def diagnose_account(
    switchboard: Switchboard, clock: Callable[[], datetime]
) -> Iterator[Diagnosis]:
    """What is wrong with the account; one that could not be looked at is not one in order."""
    asked_at = clock()
    try:
        state = switchboard.account_state()
    except TokenRefused:
        yield error("carrier_refuses_us")
        return
    except CarrierUnavailable:
        yield warning("check_unfinished", what=Look.ACCOUNT)
        return
    answered_at = clock()
    yield from _of_its_standing(state)
    yield from _of_what_is_left(state.balance)
    if state.told_at is not None:
        yield from _of_the_time(_apart(asked_at, state.told_at, answered_at))


def _of_its_standing(state: AccountState) -> Iterator[Diagnosis]:
    if state.standing is not Standing.ACTIVE:
        yield error("account_stopped", standing=state.standing.value)
    if state.is_trial:
        yield error("account_trial")
    elif state.is_approved_business is False:
        # When an older one was upgraded nobody tells; it may carry as many calls as ever.
        is_new = state.opened_at is not None and state.opened_at >= LIMITED_SINCE
        yield either("account_unapproved", is_error=is_new)


def _of_what_is_left(balance: tuple[Decimal, str] | None) -> Iterator[Diagnosis]:
    """One that owes and is still active pays by invoice: what it has left says nothing."""
    if balance is None or not Decimal(0) <= balance[0] < LITTLE_LEFT:
        return
    amount, currency = balance
    yield either(
        "balance_low", is_error=amount < LEAST_LEFT, amount=f"{amount:.2f}", currency=currency
    )


def _apart(asked_at: datetime, told_at: datetime, answered_at: datetime) -> timedelta:
    """How far apart the clocks are at least: the answer was written between the two moments."""
    return max(asked_at - _A_SECOND - told_at, told_at - answered_at, timedelta())


def _of_the_time(apart: timedelta) -> Iterator[Diagnosis]:
    if apart > APART:
        yield either(
            "clock_differs", is_error=apart > FAR_APART, seconds=round(apart.total_seconds())
        )
