"""Which articles are taken for copies, or for versions of one release, within a language.

    python -m evaluation.near_copies FOLDER

FOLDER holds `docs.jsonl`: `_id`, `lang`, `title`, `text`, and `cluster`, which articles of one
origin share. Those in COPIED are near copies of one another, those in other languages translations
made independently. All are indexed as files of one folder. Two are merged where the index holds one
of them only, or names both as versions of one release. Prints the share of the pairs of each kind
that are merged, and that are indexed once.
"""

import json
import sys
import tempfile
from collections import defaultdict
from itertools import combinations
from pathlib import Path

from archive.catalogue import Catalogue
from archive.encoder import open_encoder
from archive.settings import Settings
from archive.snapshot import CATALOGUE, open_snapshot
from indexer.pipeline import build_index

COPIED = "en"


def groups(catalogue: Catalogue) -> tuple[dict[str, str], dict[str, str]]:
    """By path the article that is indexed for a file, and the first article of its release."""
    paths = [path for path, *_ in catalogue.headings()]
    indexed = dict(zip(paths, paths, strict=True))
    indexed |= {one.path: one.of for one in catalogue.duplicates()}
    release = dict(zip(paths, paths, strict=True))
    for members in catalogue.versions():
        release |= dict.fromkeys(members, members[0])
    return indexed, {path: release[of] for path, of in indexed.items()}


def main() -> None:
    told = (Path(sys.argv[1]) / "docs.jsonl").read_text(encoding="utf-8").splitlines()
    docs = [json.loads(line) for line in told]
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder) / "articles"
        articles.mkdir()
        for doc in docs:
            text = f"{doc['title']}\n\n{doc['text']}\n"
            (articles / f"{doc['_id']}.txt").write_text(text, encoding="utf-8")
        settings = Settings.from_environment(articles=articles, index=Path(folder) / "index")
        report = build_index(settings, open_encoder(settings))
        snapshot = open_snapshot(settings.index, settings.model)
        indexed, release = groups(Catalogue(snapshot.folder / CATALOGUE))
    print(f"{report.found} files, {report.duplicates} indexed once, {report.refused} refused")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one, other in combinations(docs, 2):
        if one["lang"] != other["lang"]:
            continue
        kind = "of different articles"
        if one["cluster"] == other["cluster"]:
            kind = "near copies" if one["lang"] == COPIED else "independent translations"
        paths = [f"{doc['_id']}.txt" for doc in (one, other)]
        counts[kind][0] += 1
        counts[kind][1] += release[paths[0]] == release[paths[1]]
        counts[kind][2] += indexed[paths[0]] == indexed[paths[1]]
    for kind, (pairs, merged, once) in counts.items():
        print(
            f"{kind}: {pairs} pairs, merged {merged / pairs:.2%}, indexed once {once / pairs:.2%}"
        )


if __name__ == "__main__":
    main()
