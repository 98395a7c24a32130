"""A stand-in for DynamoDB with an empty table Orders, on a loopback port of its own.

Prints its address as one line once it can be used, and ends when its stdin is closed, so that it
does not outlive the test that started it.
"""

import sys

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
address = "http://{}:{}".format(*server.get_host_and_port())

boto3.client("dynamodb", endpoint_url=address).create_table(
    TableName="Orders",
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
)

print(address, flush=True)
sys.stdin.read()
