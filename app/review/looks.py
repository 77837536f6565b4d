"""What the doctor looks at, each as far as its time goes."""

from enum import StrEnum


class Look(StrEnum):
    """One of them, as it is called where it was not done (`check_unfinished`)."""

    DISK = "the disk"
    KEYS = "what the keys open"
    MAIL = "the mail server"
    FRONT = "PUBLIC_URL"
    ACCOUNT = "the account at the carrier"
    NUMBERS = "the numbers and the fallback"
