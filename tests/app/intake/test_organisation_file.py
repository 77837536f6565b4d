from pathlib import Path
from app.intake.organisation_file import read_organisation, organisation_of
from tests.examples import ORGANISATION_TOML, organisation


def test_x(tmp_path: Path) -> None:
    f = tmp_path / "o.toml"
    f.write_text(ORGANISATION_TOML)
    l = read_organisation(f)
    assert l.organisation == organisation()
    assert organisation_of(l.document) == organisation()
