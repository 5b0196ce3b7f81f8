"""A real server that speaks S3, and what one looks like that hangs."""

import socket
import uuid
from contextlib import contextmanager

import requests
from moto.server import ThreadedMotoServer


@contextmanager
def store():
    """Its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        requests.get(f"http://{host}:{port}/")  # the first answer takes long, and no other does
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        server._server.server_close()


@contextmanager
def silence():
    """The address of one that takes everything and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def options(address, name=""):
    """How a storage is told of the bucket `name`, or of a new one, at this address."""
    return {
        "bucket_name": name or f"bucket-{uuid.uuid4()}",
        "endpoint_url": address,
        "region_name": "us-east-1",
        "addressing_style": "path",
    }
