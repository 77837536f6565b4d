"""A handover as a document: text for a terminal, JSON for programs, PDF for the case file."""

from app.duty.handover_document.dossier import Dossier
from app.duty.handover_document.sheet import sheet_of
from app.duty.handover_document.structured import as_json
from app.duty.handover_document.text import as_text

FORMATS = ("pdf", "json", "text")


def written(dossier: Dossier, form: str, language: str = "sv") -> bytes:
    """
    *dossier* as a file of one of *FORMATS*; JSON is the same in every language.

    Raises:
        InvalidInput: there are no words of that language.
    """
    if form == "json":
        return as_json(dossier)
    sheet = sheet_of(dossier, language)
    if form == "text":
        return as_text(sheet).encode()
    from app.duty.handover_document.pdf import as_pdf  # noqa: PLC0415 - see there

    return as_pdf(sheet, dossier.made_at)
