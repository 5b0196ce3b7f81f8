"""Connections to PostgreSQL when a host was unplugged: nobody refuses, there is only silence."""

import os
import socket

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

SECONDS = 20


def on_postgres(test):
    """Keep a test where this is the database; elsewhere there is no such test."""
    return test if connection.vendor == "postgresql" else None


@on_postgres
def test_a_server_that_falls_silent_is_given_up_within_seconds():
    connection.ensure_connection()
    with socket.socket(fileno=os.dup(connection.connection.pgconn.socket)) as line:
        waits = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        idle = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        asks = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert waits == SECONDS * 1000
    assert idle + asks <= SECONDS


@on_postgres
def test_the_server_gives_up_a_host_that_falls_silent_too():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting::int FROM pg_settings WHERE name LIKE 'tcp_%'"  # of this session
        )
        found = dict(cursor.fetchall())
    assert found["tcp_user_timeout"] == SECONDS * 1000
    assert found["tcp_keepalives_idle"] + found["tcp_keepalives_interval"] <= SECONDS
