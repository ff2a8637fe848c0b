"""A reader sees the whole of a thing or nothing of it."""

from pathlib import Path

import pytest

from archive.storage import new_folder, put_file, replace_text


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "model"
    with new_folder(folder) as building:
        (building / "a").write_text("words")
        (building / "inner").mkdir()
        assert not folder.exists()
    assert (folder / "a").read_text() == "words"
    assert [one.name for one in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_folder_whose_making_fails_leaves_nothing(
    tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error), new_folder(tmp_path / "model") as building:  # noqa: PT012
        (building / "a").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_process_made_meanwhile_stands(tmp_path: Path) -> None:
    with new_folder(tmp_path / "model") as late:
        (late / "a").write_text("late")
        with new_folder(tmp_path / "model") as early:
            (early / "a").write_text("early")
    assert (tmp_path / "model" / "a").read_text() == "early"
    assert [one.name for one in tmp_path.iterdir()] == ["model"]


def test_a_text_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for words in ("first", "Друга\n", ""):
        replace_text(file, words)
        assert file.read_bytes() == words.encode()
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_put_whole_and_over_another_only_when_it_may(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "file"
    put_file(file, b"first")
    with pytest.raises(FileExistsError):
        put_file(file, b"second")
    assert file.read_bytes() == b"first"
    put_file(file, b"third", replace=True)
    assert file.read_bytes() == b"third"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_is_not_put_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        put_file(tmp_path / "link", b"words")
    put_file(tmp_path / "link", b"words", replace=True)
    assert [one.name for one in tmp_path.iterdir()] == ["link"]
    assert not (tmp_path / "link").is_symlink()
