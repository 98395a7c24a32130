//! What the benches share.

/// A segment with one AWS call: 607 bytes, 637 with the header line.
pub(crate) const SEGMENT: &str = concat!(
    r#"{"name":"OrdersWorker","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","#,
    r#""start_time":1721763840.250113,"end_time":1721763840.296425,"annotations":{"order_id":"o-1","items":3},"#,
    r#""aws":{"xray":{"sdk":"X-Ray Rust","sdk_version":"2.15.0"}},"http":{"response":{"status":201}},"#,
    r#""subsegments":[{"name":"DynamoDB","id":"6a2f1b3c4d5e6f70","start_time":1721763840.251001,"#,
    r#""end_time":1721763840.295872,"namespace":"aws","aws":{"operation":"PutItem","region":"us-east-1","#,
    r#""request_id":"4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG","table_name":"Orders"},"#,
    r#""http":{"response":{"status":200}}}]}"#
);
