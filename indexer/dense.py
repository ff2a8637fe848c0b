"""Write the dense index: the passages' vectors, searched exactly."""

from pathlib import Path

import faiss

from archive.languages import Vectors


def write_dense(file: Path, vectors: Vectors) -> None:
    """Write the vectors (n, d), row by row, as an exact inner-product index."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(file))
