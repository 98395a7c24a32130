"""A worker that puts an order into a table, traced as the X-Ray developer guide shows.

It knows of no test: AWS_XRAY_DAEMON_ADDRESS and AWS_ENDPOINT_URL say where things are.
"""

import boto3
from aws_xray_sdk.core import patch_all, xray_recorder

xray_recorder.configure(service="OrdersWorker")
patch_all()

table = boto3.resource("dynamodb").Table("Orders")


def handle(order):
    with xray_recorder.in_subsegment("dynamo-put") as subsegment:
        subsegment.put_annotation("order_id", order["order_id"])
        table.put_item(Item=order)


with xray_recorder.in_segment():
    handle({"order_id": "o-1", "total": 42})
