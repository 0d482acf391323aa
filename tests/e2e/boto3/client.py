"""What the suites in this folder share: boto3 with its defaults, pointed at the cloud in AWS_ENDPOINT_URL."""

import os
from urllib.parse import urlsplit

import boto3
import urllib3
from botocore.config import Config

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
MB = 2**20


def s3(kind="client", **config):
    """A client or, for kind="resource", a resource."""
    path_style = {"addressing_style": "path"}
    config["s3"] = path_style | config.get("s3", {})
    return getattr(boto3, kind)("s3", config=Config(**config))


def patterned(size):
    """Bytes that differ everywhere, and are the same for the same size."""
    block = bytes((n * n * 7 + n * 13 + size) % 251 for n in range(65_521))
    return (block * (size // len(block) + 1))[:size]


def http(method, url, **options):
    """A call by somebody who has nothing but a URL."""
    return urllib3.PoolManager().request(method, url, **options)


def resolve_localhost():
    """Every name below localhost is this machine: browsers know it, most resolvers do not."""
    from urllib3.util import connection

    connect = connection.create_connection

    def create_connection(address, *args, **options):
        host, port = address
        return connect((urlsplit(ENDPOINT).hostname if host.endswith(".localhost") else host, port), *args, **options)

    connection.create_connection = create_connection
