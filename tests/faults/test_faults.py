"""The short form of the fault runs, on a database of its own; `make faults` has the long one."""

import os

import pytest

from tests.faults import connections, database, killed, nodes
from tests.faults.site import prepared
from tests.serving import database_url

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with prepared(database_url(tmp_path_factory.mktemp("faults"), f"faults_{os.getpid()}")) as made:
        yield made


def test_workers_are_killed_and_every_answered_use_is_counted_once(site):
    assert not killed.run(site, seconds=4.0, workers=2, clients=12).broken


def test_the_database_is_interrupted_and_nothing_is_answered_wrongly(site):
    on_postgresql = site.first.environment["DATABASE_URL"].startswith("postgres")

    assert not (database.terminated if on_postgresql else database.locked)(site, seconds=2.0).broken


def test_two_nodes_refuse_what_was_revoked_on_one(site):
    assert not nodes.told(site, revocations=30, within=nodes.PROMISE).broken


@pytest.mark.parametrize("stopping", [connections.ended, connections.orphaned])
def test_a_node_that_ends_takes_leave_of_its_clients(stopping, site):
    assert not stopping(site).broken
