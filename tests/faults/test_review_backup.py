"""A backup goes to any disk that a file can be written to."""

import errno
import os
from pathlib import Path

import pytest

from app.store import sealed_file
from app.store.fields import FieldCipher
from routing.errors import InvalidInput

CIPHER = FieldCipher((bytes(32),))


def test_a_disk_where_a_file_has_one_name_only_takes_a_backup_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "a.backup"

    size = sealed_file.write(path, CIPHER, [b"one", b"two"])

    assert path.stat().st_size == size
    assert [*sealed_file.read(path, CIPHER)] == [b"one", b"two"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.backup"]
    with pytest.raises(InvalidInput, match="is not written over"):
        sealed_file.write(path, CIPHER, [b"three"])
