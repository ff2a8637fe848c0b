"""The stages of a question: every block counts, to its own stage, whatever comes out of it."""

import pytest

from retriever.stages import Stages


def test_a_stage_counts_all_its_blocks_and_no_other() -> None:
    stages = Stages()
    with stages("reading"):
        pass
    once = stages.seconds["reading"]
    with stages("choosing"), stages("reading"):
        sum(range(1000))
    assert list(stages.seconds) == ["reading", "choosing"]
    assert stages.seconds["reading"] > once >= 0
    assert stages.seconds["choosing"] > stages.seconds["reading"] - once


def test_a_block_that_fails_counts_too() -> None:
    stages = Stages()
    with pytest.raises(KeyError), stages("reading"):
        raise KeyError
    assert stages.seconds["reading"] >= 0
