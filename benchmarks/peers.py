"""Other libraries that index and search texts, each measured as its documentation uses it.

    python peers.py NAME index MODEL ARTICLES INDEX
    python peers.py NAME fill MODEL PASSAGES INDEX
    python peers.py NAME ask MODEL INDEX QUESTIONS BEGUN
    python peers.py sentence-transformers encode MODEL PASSAGES

This file knows nothing of the project: it runs in an environment of requirements-peers.txt. NAME is
txtai, llamaindex, lancedb or chroma. Each runs the sentence-transformers model in the folder MODEL
with its own defaults, keeps the texts beside their vectors, and finds the ten nearest passages.

index   reads the .txt files below the folder ARTICLES, cuts them into passages of at most
        PASSAGE_TOKENS tokens, encodes and stores them in the new folder INDEX.
fill    stores the passages of a folder PASSAGES, whose vectors have been made: `passages.json`, a
        list of texts, and `vectors.npy`, (texts, d) float32.
ask     opens INDEX and puts the questions of a JSON list to it one by one, the first WARM_UP of
        them unmeasured. BEGUN is when the process was started, in seconds since the epoch.
encode  encodes `passages.json` of the folder PASSAGES with the library's defaults.

Each call is to be a process of its own and prints one line of JSON. Seconds: `load` (imports and
model), `index`, `encode`, `first` (from BEGUN to the first answer), `questions` (a list).
`passages` and `tokens` count what was indexed or encoded; `memory` is the most that was resident,
in MiB.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

# Before the libraries read it: nothing is fetched, reported or shown.
os.environ["HF_HUB_OFFLINE"] = os.environ["DO_NOT_TRACK"] = os.environ["TQDM_DISABLE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

PASSAGE_TOKENS = 200
FOUND = 10
WARM_UP = 5
AT_ONCE = 1000  # passages handed over at once


class Peer(Protocol):
    """A library, imported."""

    def prepare(self, tokenizer: Any) -> None:
        """Load what indexing needs; passages are cut by the tokens of the model."""

    def index(self, articles: Sequence[str], folder: Path) -> list[str]:
        """Cut the articles into passages, encode and store them; the passages."""

    def fill(self, passages: Sequence[str], vectors: Any, folder: Path) -> None:
        """Store passages with their vectors, (len(passages), d)."""

    def open(self, folder: Path) -> None:
        """Open what has been stored."""

    def ask(self, question: str) -> list[str]:
        """The texts of the FOUND passages nearest to a question."""


def slices(count: int) -> Iterator[slice]:
    """The places of `count` things, AT_ONCE by AT_ONCE."""
    return (slice(at, at + AT_ONCE) for at in range(0, count, AT_ONCE))


class CutByLangChain:
    """For libraries that leave the cutting to others: LangChain's splitter."""

    def prepare(self, tokenizer: Any) -> None:
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._splitter = RecursiveCharacterTextSplitter.from_huggingface_tokenizer(
            tokenizer, chunk_size=PASSAGE_TOKENS, chunk_overlap=0
        )

    def passages(self, articles: Sequence[str]) -> list[str]:
        return [passage for text in articles for passage in self._splitter.split_text(text)]


class Txtai(CutByLangChain):
    def __init__(self, model: str) -> None:
        from txtai import Embeddings

        self._make = Embeddings
        self._model = {"path": model, "method": "sentence-transformers"}
        self._embeddings: Any = None

    def prepare(self, tokenizer: Any) -> None:
        super().prepare(tokenizer)
        self._embeddings = self._make({**self._model, "content": True})

    def index(self, articles: Sequence[str], folder: Path) -> list[str]:
        passages = self.passages(articles)
        self._embeddings.index(passages)
        self._embeddings.save(str(folder))
        return passages

    def fill(self, passages: Sequence[str], vectors: Any, folder: Path) -> None:
        of = dict(zip(passages, vectors, strict=True))

        def transform(texts: list[str]) -> list[Any]:
            return [of[text] for text in texts]

        made = self._make({"method": "external", "transform": transform, "content": True})
        made.index(passages)
        made.save(str(folder))

    def open(self, folder: Path) -> None:
        self._embeddings = self._make()
        self._embeddings.load(str(folder), config={**self._model, "transform": None})

    def ask(self, question: str) -> list[str]:
        return [one["text"] for one in self._embeddings.search(question, FOUND)]


class LlamaIndex:
    def __init__(self, model: str) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._model = HuggingFaceEmbedding(
            model, query_instruction="query: ", text_instruction="passage: ", device="cpu"
        )
        self._splitter: Any = None
        self._retriever: Any = None

    def prepare(self, tokenizer: Any) -> None:
        from llama_index.core.node_parser import SentenceSplitter

        self._splitter = SentenceSplitter(
            chunk_size=PASSAGE_TOKENS, chunk_overlap=0, tokenizer=tokenizer.tokenize
        )

    def index(self, articles: Sequence[str], folder: Path) -> list[str]:
        from llama_index.core import Document, VectorStoreIndex

        index = VectorStoreIndex.from_documents(
            [Document(text=article) for article in articles],
            transformations=[self._splitter],
            embed_model=self._model,
        )
        index.storage_context.persist(str(folder))
        return [node.get_content() for node in index.docstore.docs.values()]

    def fill(self, passages: Sequence[str], vectors: Any, folder: Path) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [
            TextNode(text=text, embedding=vector)
            for text, vector in zip(passages, vectors.tolist(), strict=True)
        ]
        index = VectorStoreIndex(nodes, embed_model=self._model)
        index.storage_context.persist(str(folder))

    def open(self, folder: Path) -> None:
        from llama_index.core import StorageContext, load_index_from_storage

        stored = StorageContext.from_defaults(persist_dir=str(folder))
        index = load_index_from_storage(stored, embed_model=self._model)
        self._retriever = index.as_retriever(similarity_top_k=FOUND)

    def ask(self, question: str) -> list[str]:
        return [one.get_content() for one in self._retriever.retrieve(question)]


class LanceDB(CutByLangChain):
    def __init__(self, model: str) -> None:
        import lancedb
        from lancedb.embeddings import get_registry
        from lancedb.pydantic import LanceModel, Vector

        function = (
            get_registry()
            .get("sentence-transformers")
            .create(name=model, device="cpu", trust_remote_code=False)
        )

        class Passage(LanceModel):  # type: ignore[misc]
            text: str = function.SourceField()
            vector: Vector(function.ndims()) = function.VectorField()  # type: ignore[valid-type]

        self._connect = lancedb.connect
        self._schema = Passage
        self._table: Any = None

    def index(self, articles: Sequence[str], folder: Path) -> list[str]:
        passages = self.passages(articles)
        table = self._connect(folder).create_table("passages", schema=self._schema)
        table.add([{"text": text} for text in passages])
        return passages

    def fill(self, passages: Sequence[str], vectors: Any, folder: Path) -> None:
        table = self._connect(folder).create_table("passages", schema=self._schema)
        table.add(
            [
                {"text": text, "vector": vector}
                for text, vector in zip(passages, vectors, strict=True)
            ]
        )

    def open(self, folder: Path) -> None:
        self._table = self._connect(folder).open_table("passages")

    def ask(self, question: str) -> list[str]:
        return [one["text"] for one in self._table.search(question).limit(FOUND).to_list()]


class Chroma(CutByLangChain):
    def __init__(self, model: str) -> None:
        import chromadb
        from chromadb.config import Settings
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self._connect = partial(
            chromadb.PersistentClient, settings=Settings(anonymized_telemetry=False)
        )
        self._model = SentenceTransformerEmbeddingFunction(model_name=model, device="cpu")
        self._collection: Any = None

    def index(self, articles: Sequence[str], folder: Path) -> list[str]:
        passages = self.passages(articles)
        ids = [str(number) for number in range(len(passages))]
        self._create(folder)
        for some in slices(len(passages)):
            self._collection.add(ids=ids[some], documents=passages[some])
        return passages

    def fill(self, passages: Sequence[str], vectors: Any, folder: Path) -> None:
        ids = [str(number) for number in range(len(passages))]
        self._create(folder)
        for some in slices(len(passages)):
            self._collection.add(
                ids=ids[some], documents=list(passages[some]), embeddings=vectors[some]
            )

    def _create(self, folder: Path) -> None:
        client = self._connect(str(folder))
        self._collection = client.create_collection("passages", embedding_function=self._model)

    def open(self, folder: Path) -> None:
        client = self._connect(str(folder))
        self._collection = client.get_collection("passages", embedding_function=self._model)

    def ask(self, question: str) -> list[str]:
        found = self._collection.query(query_texts=[question], n_results=FOUND)
        return list(found["documents"][0])


PEERS: dict[str, Callable[[str], Peer]] = {
    "txtai": Txtai,
    "llamaindex": LlamaIndex,
    "lancedb": LanceDB,
    "chroma": Chroma,
}


def index(name: str, model: str, articles: str, folder: str) -> dict[str, Any]:
    begun = time.perf_counter()
    peer, tokenizer = PEERS[name](model), load_tokenizer(model)
    peer.prepare(tokenizer)
    ready = time.perf_counter()
    texts = [file.read_text(encoding="utf-8") for file in sorted(Path(articles).rglob("*.txt"))]
    passages = peer.index(texts, Path(folder))
    done = time.perf_counter()
    return {
        "load": ready - begun,
        "index": done - ready,
        "memory": memory(),
        "passages": len(passages),
        "tokens": count_tokens(tokenizer, passages),
    }


def fill(name: str, model: str, passages: str, folder: str) -> dict[str, Any]:
    import numpy as np

    texts = json.loads((Path(passages) / "passages.json").read_text(encoding="utf-8"))
    PEERS[name](model).fill(texts, np.load(Path(passages) / "vectors.npy"), Path(folder))
    return {"passages": len(texts)}


def ask(name: str, model: str, folder: str, questions: str, begun: str) -> dict[str, Any]:
    asked = json.loads(Path(questions).read_text(encoding="utf-8"))
    peer = PEERS[name](model)
    peer.open(Path(folder))
    if len(peer.ask(asked[0])) != FOUND:
        raise RuntimeError(f"{name} found fewer than {FOUND} passages.")
    first = time.time() - float(begun)
    for question in asked[1:WARM_UP]:
        peer.ask(question)
    seconds = []
    for question in asked[WARM_UP:]:
        at = time.perf_counter()
        peer.ask(question)
        seconds.append(time.perf_counter() - at)
    return {"first": first, "questions": seconds, "memory": memory()}


def encode(model: str, passages: str) -> dict[str, Any]:
    texts = json.loads((Path(passages) / "passages.json").read_text(encoding="utf-8"))
    begun = time.perf_counter()
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(model, device="cpu")
    loaded.encode_document(texts[:WARM_UP])
    ready = time.perf_counter()
    loaded.encode_document(texts)
    done = time.perf_counter()
    return {
        "load": ready - begun,
        "encode": done - ready,
        "memory": memory(),
        "passages": len(texts),
        "tokens": count_tokens(load_tokenizer(model), texts),
    }


def load_tokenizer(model: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


def count_tokens(tokenizer: Any, texts: list[str]) -> int:
    """How many tokens the texts have, without those the model adds."""
    found = tokenizer(texts, add_special_tokens=False, verbose=False)
    return sum(map(len, found["input_ids"]))


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB


def main() -> None:
    name, mode, *rest = sys.argv[1:]
    measures: dict[str, Callable[..., dict[str, Any]]] = {"index": index, "fill": fill, "ask": ask}
    told = encode(*rest) if mode == "encode" else measures[mode](name, *rest)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
