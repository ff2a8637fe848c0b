"""Which files an index holds as one article."""

from app_support import indexed_archive

from archive.catalogue import Catalogue
from archive.snapshot import CATALOGUE, FILES, open_snapshot
from evaluation.near_copies import groups
from indexer.file_records import read_records


def test_a_copy_is_its_original() -> None:
    settings = indexed_archive().settings()
    snapshot = open_snapshot(settings.index, settings.model)
    catalogue = Catalogue(snapshot.folder / CATALOGUE)
    indexed, release = groups(catalogue)
    [copy] = catalogue.duplicates()
    assert (copy.path, indexed[copy.path]) == ("nato-press/900_copy.txt", copy.of)
    assert (
        indexed.keys()
        == release.keys()
        == read_records(snapshot.folder / FILES).keys() - {one.path for one in catalogue.refused()}
    )
    assert all(indexed[path] == path for path in indexed.keys() - {copy.path})
    paths = [path for path, *_ in catalogue.headings()]
    assert set(release.values()) == set(paths)  # the sample tells nothing twice
    assert release[copy.path] == copy.of
