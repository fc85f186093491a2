import pytest

from secretlife import Server


@pytest.fixture(scope="session")
def secretlife():
    """The server of all tests. With pytest-xdist each worker has one."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def account(secretlife):
    """An account of the test's own: no other test sees its secrets, or moves its clock."""
    account = secretlife.account()
    yield account
    account.close()
