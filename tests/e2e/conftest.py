"""Fixtures of the journeys."""

import pytest
from house import House


@pytest.fixture(scope="session")
def chinese(server):
    """Return the shop that keeps Chinese books."""
    return House(server, "cn", 11)


@pytest.fixture(scope="session")
def english(server):
    """Return the store on the generic chart."""
    return House(server, "en", 22)
