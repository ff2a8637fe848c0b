"""The figures kept are figures of the contract, and those the documents tell."""

from pathlib import Path

from evaluation.run import expected_figures


def test_the_document_tells_the_figures_kept(repository: Path) -> None:
    document = (repository / "docs" / "evaluation.md").read_text(encoding="utf-8")
    kept = expected_figures()
    header = next(line for line in document.splitlines() if line.startswith("| | piaf"))
    names = [cell.strip() for cell in header.strip("|").split("|")][1:]
    assert set(names) == set(kept)
    for line in document.splitlines():
        figure, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        name = figure.strip("`")
        if any(name in figures for figures in kept.values()) and len(cells) == len(names):
            for of, cell in zip(names, cells, strict=True):
                told = float(cell) if cell else None
                value = kept[of].get(name)
                assert told is None if value is None else abs((told or 0) - value) < 0.0006
