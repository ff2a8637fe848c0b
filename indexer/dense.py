"""Write the dense indexes: the vectors of passages and of sentences."""

from pathlib import Path

import faiss

from archive.languages import Vectors


def write_passages(file: Path, vectors: Vectors) -> None:
    """Write the vectors (n, d), row by row, as an exact inner-product index."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(file))


def write_sentences(file: Path, vectors: Vectors) -> None:
    """Write the vectors (n, d), row by row, with 16 bits a component: there are many of them."""
    index = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    index.train(vectors)
    index.add(vectors)
    faiss.write_index(index, str(file))
