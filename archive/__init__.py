"""The words that the indexer and the retriever share, and the snapshot on disk where they meet."""
