"""Measuring: a door like the others, which calls the indexer and the retriever as they are."""
