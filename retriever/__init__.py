"""From a question to ranked passages and a cited answer, out of a sealed snapshot."""
