"""From a folder of articles to a sealed snapshot."""
