"""A worker that handles one order, waits for the sampling rules, and handles twenty at once.

Prints a line for each trace that it began: "before ID" or "after ID", by the time of the first
answer of the daemon.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from aws_xray_sdk.core import patch_all, xray_recorder

ORDERS = 20
DEADLINE_SECONDS = 60

xray_recorder.configure(service="OrdersWorker")
patch_all()

# Threads may share a client, but not a table of `boto3.resource`.
dynamodb = boto3.client("dynamodb")
# Holds each segment open until all have begun.
all_begun = threading.Barrier(ORDERS, timeout=DEADLINE_SECONDS)


def handle(order_id):
    with xray_recorder.in_subsegment("dynamo-put") as subsegment:
        subsegment.put_annotation("order_id", order_id)
        dynamodb.put_item(TableName="Orders", Item={"order_id": {"S": order_id}})


def handle_among_others(order_id):
    with xray_recorder.in_segment() as segment:
        all_begun.wait()
        handle(order_id)
    return segment.trace_id


def wait_for_rules():
    """Waits until the sampler uses the rules of the daemon."""
    # The SDK has no event for it. Its poller sets `last_updated` after it has put the rules into
    # the cache (rule_poller.py:50), and without it the sampler takes the cache for expired.
    cache = xray_recorder.sampler._cache
    deadline = time.monotonic() + DEADLINE_SECONDS
    while cache.last_updated is None:
        if time.monotonic() > deadline:
            sys.exit(f"no sampling rules from the daemon within {DEADLINE_SECONDS} s")
        time.sleep(0.01)


# The first segment starts the poller.
with xray_recorder.in_segment() as first:
    handle("o-0")
print("before", first.trace_id)

wait_for_rules()
with ThreadPoolExecutor(ORDERS) as pool:
    for trace_id in pool.map(handle_among_others, [f"o-{n}" for n in range(1, ORDERS + 1)]):
        print("after", trace_id)
