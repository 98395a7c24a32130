//! What a service runs on: `origin`, `resource_arn` and `aws` of its segments.

use proptest::prelude::Strategy;
use proptest::sample::select;

use crate::strategies::json::Json;

/// Where a service runs.
#[derive(Clone, Copy, Debug)]
pub(in crate::strategies) enum Platform {
    Beanstalk,
    Ec2,
    Ecs,
    Eks,
    Lambda,
    Unknown,
}

impl Platform {
    /// The fields of a segment that tell it.
    pub(in crate::strategies) fn fields(self) -> Vec<(&'static str, Json)> {
        let (origin, aws) = match self {
            Platform::Beanstalk => (
                "AWS::ElasticBeanstalk::Environment",
                r#"{"elastic_beanstalk":{"environment_name":"orders","version_label":"v7","deployment_id":7}}"#,
            ),
            Platform::Ec2 => (
                "AWS::EC2::Instance",
                r#"{"account_id":"123456789012","ec2":{"instance_id":"i-075ad396f12bc325a","availability_zone":"us-east-1a"}}"#,
            ),
            Platform::Ecs => (
                "AWS::ECS::Container",
                r#"{"ecs":{"container":"orders"},"cloudwatch_logs":[{"log_group":"/orders"}]}"#,
            ),
            Platform::Eks => (
                "AWS::EKS::Container",
                r#"{"eks":{"cluster_name":"shop","pod":"orders"},"xray":{"sdk":"X-Ray for Rust","auto_instrumentation":false}}"#,
            ),
            Platform::Lambda => {
                let arn = "arn:aws:lambda:us-east-1:123456789012:function:orders";
                return vec![
                    ("origin", Json::text("AWS::Lambda::Function")),
                    ("resource_arn", Json::text(arn)),
                ];
            }
            Platform::Unknown => return Vec::new(),
        };
        vec![("origin", Json::text(origin)), ("aws", Json::raw(aws))]
    }
}

pub(in crate::strategies) fn platform() -> impl Strategy<Value = Platform> {
    select(
        &[
            Platform::Unknown,
            Platform::Beanstalk,
            Platform::Ec2,
            Platform::Ecs,
            Platform::Eks,
            Platform::Lambda,
        ][..],
    )
}
