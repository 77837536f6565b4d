"""
Which languages and voices the carrier can speak with.

Taken from the typings of the carrier's library for Node 6.2.0
(``VoiceResponse.d.ts``).  All languages stand here; voices only for those that
a line in Stockholm may want, and any other voice counts as unknown.
"""

_LANGUAGES = """
    af-ZA am-ET ar-AE ar-XA arb bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE
    el-GR en-AU en-CA en-GB en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-ES es-MX es-US fi-FI
    fil-PH fr-CA fr-FR fr-BE gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV
    ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE
    ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW
"""
LANGUAGES = frozenset(_LANGUAGES.split())
_POLLY = {
    "sv-SE": "Astrid Elin-Neural",
    "fi-FI": "Suvi-Neural",
    "arb": "Zeina",
    "ar-AE": "Hala-Neural Zayd-Neural",
    "pl-PL": "Ewa Jacek Jan Maja Ola-Neural",
    "tr-TR": "Filiz Burcu-Neural",
    "ru-RU": "Maxim Tatyana",
    "es-ES": "Conchita Enrique Lucia Lucia-Neural Lucia-Generative Sergio-Neural Sergio-Generative",
    "fr-FR": "Celine Mathieu Lea Lea-Neural Lea-Generative Remi-Neural Rémi-Generative",
    "de-DE": "Hans Marlene Vicki Vicki-Neural Vicki-Generative Daniel-Neural Daniel-Generative",
    "en-GB": "Amy Amy-Neural Amy-Generative Brian Brian-Neural Emma Emma-Neural Arthur-Neural",
    "en-US": (
        "Joanna Joanna-Neural Joanna-Generative Matthew Matthew-Neural Matthew-Generative "
        "Ruth-Neural Ruth-Generative Stephen-Neural Stephen-Generative Salli Salli-Neural "
        "Joey Joey-Neural Kendra Kendra-Neural Kimberly Kimberly-Neural"
    ),
}
_CHIRP = ("Aoede", "Charon", "Fenrir", "Kore", "Leda", "Orus", "Puck", "Zephyr")
_GOOGLE = {  # language: letters of its Standard voices, of its Wavenet voices, whether Chirp3-HD
    "sv-SE": ("ABCDEFG", "ABCDEFG", False),
    "fi-FI": ("AB", "AB", False),
    "ar-XA": ("ABCD", "ABCD", True),
    "am-ET": ("AB", "AB", False),
    "pl-PL": ("ABCDEFG", "ABCDEFG", True),
    "tr-TR": ("ABCDE", "ABCDE", True),
    "ru-RU": ("ABCDE", "ABCDE", True),
    "uk-UA": ("A", "A", False),
    "es-ES": ("ABCDEFGH", "BCDEFGH", True),
    "fr-FR": ("ABCDEFG", "ABCDEFG", True),
    "de-DE": ("ABCDEFGH", "ABCDEFGH", True),
    "en-GB": ("ABCDFNO", "ABCDFNO", True),
    "en-US": ("ABCDEFGHIJ", "ABCDEFGHIJ", True),
}


def voices_of(language: str) -> frozenset[str]:
    """Every voice known to speak *language*, as ``Say`` wants it written."""
    polly = (f"Polly.{name}" for name in _POLLY.get(language, "").split())
    standard, wavenet, chirp = _GOOGLE.get(language, ("", "", False))
    google = [f"Google.{language}-Standard-{letter}" for letter in standard]
    google += [f"Google.{language}-Wavenet-{letter}" for letter in wavenet]
    google += [f"Google.{language}-Chirp3-HD-{name}" for name in _CHIRP if chirp]
    return frozenset((*polly, *google))
