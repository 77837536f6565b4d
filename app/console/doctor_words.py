"""
What the doctor says: what is wrong, and what to do.

The page has it in the reader's language, and `beredskap doctor` as it stands here.
"""

from collections.abc import Mapping

from app.console.doctor_sentence import Words
from app.console.doctor_words_canary import CANARY
from app.console.doctor_words_outside import OUTSIDE
from app.console.doctor_words_people import PEOPLE
from app.console.doctor_words_service import SERVICE
from app.console.doctor_words_settings import SETTINGS

WORDS: Mapping[str, Words] = {**SETTINGS, **SERVICE, **PEOPLE, **OUTSIDE, **CANARY}
