//! The `aws` block.

use std::borrow::Cow;

use crate::json::Number;
use crate::model::view::view;

view! {
    /// The AWS resource that a segment ran on, or the AWS call that a subsegment records.
    ///
    /// Sources: AWS X-Ray developer guide, segment documents, "AWS resource data"; for the names
    /// that SDKs add from their parameter lists, `AWSWhitelist.json` in each SDK.
    /// What an SDK adds beyond these is in [`json`](Aws::json).
    Aws {
        /// The account that owns the resource.
        account_id: Cow<'a, str> = "account_id",
        /// The operation, such as `PutItem` (subsegments).
        operation: Cow<'a, str> = "operation",
        /// The region of the call (subsegments).
        region: Cow<'a, str> = "region",
        /// The request id that the service answered (subsegments).
        request_id: Cow<'a, str> = "request_id",
        /// The extended request id of S3 (subsegments).
        id_2: Cow<'a, str> = "id_2",
        /// How often the SDK tried again; the Node SDK v3 counts attempts instead.
        retries: i64 = "retries",
        /// The DynamoDB table (subsegments).
        table_name: Cow<'a, str> = "table_name",
        /// The DynamoDB tables of a batch; the Python SDK writes a string instead.
        table_names: Vec<Cow<'a, str>> = "table_names",
        /// The SQS queue (subsegments).
        queue_url: Cow<'a, str> = "queue_url",
        /// The SNS topic (subsegments).
        topic_arn: Cow<'a, str> = "topic_arn",
        /// The S3 bucket (subsegments).
        bucket_name: Cow<'a, str> = "bucket_name",
        /// The Lambda function (subsegments).
        function_name: Cow<'a, str> = "function_name",
        /// Names of the resources that were touched (the guide's example).
        resource_names: Vec<Cow<'a, str>> = "resource_names",
        /// The log groups of the application (segments).
        cloudwatch_logs: Vec<CloudWatchLogs<'a>> = "cloudwatch_logs",
        /// The EC2 instance (segments).
        ec2: Ec2<'a> = "ec2",
        /// The ECS container (segments).
        ecs: Ecs<'a> = "ecs",
        /// The EKS pod (segments).
        eks: Eks<'a> = "eks",
        /// The Elastic Beanstalk environment (segments).
        elastic_beanstalk: Beanstalk<'a> = "elastic_beanstalk",
        /// The SDK that recorded (segments).
        xray: Xray<'a> = "xray",
    }
}

view! {
    /// An element of `aws.cloudwatch_logs`
    CloudWatchLogs {
        /// The name of the log group.
        log_group: Cow<'a, str> = "log_group",
        /// The ARN of the log group.
        arn: Cow<'a, str> = "arn",
    }
}

view! {
    /// `aws.ec2`
    Ec2 {
        /// The instance.
        instance_id: Cow<'a, str> = "instance_id",
        /// The kind of instance; the Python SDK writes `instance_type`.
        instance_size: Cow<'a, str> = "instance_size",
        /// The kind of instance as the Python SDK names it.
        instance_type: Cow<'a, str> = "instance_type",
        /// The image.
        ami_id: Cow<'a, str> = "ami_id",
        /// The availability zone.
        availability_zone: Cow<'a, str> = "availability_zone",
    }
}

view! {
    /// `aws.ecs`
    Ecs {
        /// The host name of the container.
        container: Cow<'a, str> = "container",
        /// The full id of the container.
        container_id: Cow<'a, str> = "container_id",
        /// The ARN of the container.
        container_arn: Cow<'a, str> = "container_arn",
    }
}

view! {
    /// `aws.eks`
    Eks {
        /// The pod.
        pod: Cow<'a, str> = "pod",
        /// The cluster.
        cluster_name: Cow<'a, str> = "cluster_name",
        /// The full id of the container.
        container_id: Cow<'a, str> = "container_id",
    }
}

view! {
    /// `aws.elastic_beanstalk`
    Beanstalk {
        /// The environment.
        environment_name: Cow<'a, str> = "environment_name",
        /// The version that is deployed.
        version_label: Cow<'a, str> = "version_label",
        /// The number of the last deployment.
        deployment_id: Number<'a> = "deployment_id",
    }
}

view! {
    /// `aws.xray`
    Xray {
        /// The name of the SDK, such as `X-Ray for Python`.
        sdk: Cow<'a, str> = "sdk",
        /// Its version.
        sdk_version: Cow<'a, str> = "sdk_version",
        /// Whether an agent instrumented the program.
        auto_instrumentation: bool = "auto_instrumentation",
        /// The sampling rule that chose the request (Node, Java).
        rule_name: Cow<'a, str> = "rule_name",
        /// The sampling rule that chose the request (Python, Go, .NET, Ruby).
        sampling_rule_name: Cow<'a, str> = "sampling_rule_name",
    }
}
