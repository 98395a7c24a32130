//! A trace for the examples of the documentation.

use std::sync::Arc;

use crate::json::Document;
use crate::trace::{Arrival, ExternalParents, PartialTrace, Trace, assemble};

/// One order, placed by OrdersWorker:
///
/// ```text
/// OrdersWorker POST https://orders.test/orders 200  100 ms  {tenant: t1}
/// ├─ auth  5.00 ms
/// │  └─ users-db  3.00 ms
/// ├─ dynamo-put  80.0 ms  {items: 3, order_id: o-1}
/// │  └─ DynamoDB PutItem Orders (retries 2) 200  70.0 ms
/// ├─ charge GET https://payments.test/charge 502 FAULT  40.0 ms
/// ├─ SNS Publish arn:aws:sns:eu-west-1:123456789012:orders 429 ERROR THROTTLE  10.0 ms
/// └─ receipt  14.0 ms
///    ├─ S3 PutObject receipts  3.00 ms
///    ├─ Lambda Invoke bill  3.00 ms
///    └─ SQS SendMessage https://sqs.eu-west-1.amazonaws.com/123456789012/mails  3.00 ms
/// ```
#[must_use]
pub fn sample() -> Trace {
    let Ok(document) = Document::parse(SEGMENT) else {
        unreachable!("the sample is JSON")
    };
    let arrival = Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(document),
    };
    let traces = assemble([arrival], &ExternalParents::default()).traces;
    match traces.into_iter().next().map(PartialTrace::complete) {
        Some(Ok(trace)) => trace,
        _ => unreachable!("the sample is a complete trace"),
    }
}

const SEGMENT: &str = r#"{
"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1",
"name": "OrdersWorker", "origin": "AWS::EC2::Instance", "user": "u-1",
"start_time": 1721763840.000, "end_time": 1721763840.100,
"http": {
  "request": {"method": "POST", "url": "https://orders.test/orders", "client_ip": "192.0.2.7", "user_agent": "curl/8"},
  "response": {"status": 200, "content_length": 17}},
"annotations": {"tenant": "t1"},
"subsegments": [
  {"id": "00000000000000b1", "name": "auth", "start_time": 1721763840.005, "end_time": 1721763840.010,
   "subsegments": [
     {"id": "00000000000000c1", "name": "users-db", "namespace": "remote",
      "start_time": 1721763840.006, "end_time": 1721763840.009,
      "sql": {"url": "postgresql://db.test:5432/users", "database_type": "PostgreSQL", "database_version": "16.1",
              "driver_version": "0.8", "user": "worker", "preparation": "statement",
              "sanitized_query": "SELECT name FROM users WHERE id = ?"}}]},
  {"id": "00000000000000b2", "name": "dynamo-put", "start_time": 1721763840.010, "end_time": 1721763840.090,
   "annotations": {"order_id": "o-1", "items": 3},
   "metadata": {"default": {"cart": {"n": 2, "lines": ["pen", "ink"]}}},
   "subsegments": [
     {"id": "00000000000000c2", "name": "DynamoDB", "namespace": "aws",
      "start_time": 1721763840.015, "end_time": 1721763840.085,
      "aws": {"operation": "PutItem", "table_name": "Orders", "region": "eu-west-1", "retries": 2,
              "request_id": "UIOLFIIUBKTSEP7OTPQU1OEQD7VV4KQNSO5AEMVJF66Q9ASUAAJG"},
      "http": {"response": {"status": 200, "content_length": 2}}}]},
  {"id": "00000000000000b3", "name": "charge", "namespace": "remote", "fault": true,
   "start_time": 1721763840.020, "end_time": 1721763840.060,
   "http": {"request": {"method": "GET", "url": "https://payments.test/charge"}, "response": {"status": 502}},
   "cause": {"working_directory": "/srv/orders", "exceptions": [
     {"id": "00000000000000e1", "type": "PaymentError", "message": "the card was declined",
      "cause": "00000000000000e2",
      "stack": [{"path": "src/payments.rs", "line": 41, "label": "payments::charge"}]},
     {"id": "00000000000000e2", "type": "BadGateway", "message": "no answer", "remote": true}]}},
  {"id": "00000000000000b4", "name": "SNS", "namespace": "aws", "error": true, "throttle": true,
   "start_time": 1721763840.025, "end_time": 1721763840.035,
   "aws": {"operation": "Publish", "topic_arn": "arn:aws:sns:eu-west-1:123456789012:orders",
           "account_id": "123456789012", "region": "eu-west-1", "request_id": "0f6a3c3e-5c11-4c2c-9f0e-2f9b4b0d7a11"},
   "http": {"response": {"status": 429}}},
  {"id": "00000000000000b5", "name": "receipt", "start_time": 1721763840.036, "end_time": 1721763840.050,
   "subsegments": [
     {"id": "00000000000000c3", "name": "S3", "namespace": "aws",
      "start_time": 1721763840.037, "end_time": 1721763840.040,
      "aws": {"operation": "PutObject", "bucket_name": "receipts", "region": "eu-west-1"}},
     {"id": "00000000000000c4", "name": "Lambda", "namespace": "aws",
      "start_time": 1721763840.041, "end_time": 1721763840.044,
      "aws": {"operation": "Invoke", "function_name": "bill", "region": "eu-west-1"}},
     {"id": "00000000000000c5", "name": "SQS", "namespace": "aws",
      "start_time": 1721763840.045, "end_time": 1721763840.048,
      "aws": {"operation": "SendMessage", "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/mails",
              "region": "eu-west-1"}}]}
]}"#;
