"""The sandbox that most tests share."""

import pytest
from harness import Sandbox


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def sandbox(shared):
    """The shared sandbox, with nothing left of earlier orders and a grant of its own."""
    shared.control("reset")
    shared.control("revoke")
    shared.grant = shared.new_grant()
    return shared
