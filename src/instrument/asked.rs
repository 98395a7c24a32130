//! What is recorded of the calls of each service, beside which call it is and how it went.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};

use crate::instrument::parameters::{Bodies, dynamodb, sqs};
use crate::instrument::rest::{
    is_of_bucket, record_lambda, record_lambda_response, record_s3, record_sns,
    status_of_invocation,
};
use crate::recorder::{Key, Saying};

/// What is recorded of an operation, known from its name.
#[derive(Clone, Copy, Debug)]
pub(in crate::instrument) enum Asked {
    /// Nothing.
    Nothing,
    /// What stands in bodies that are JSON.
    Bodies(&'static Bodies),
    /// The function, and under this key the status of its answer.
    Invocation(&'static Key),
    /// The object. The bucket is told by the URL, once it is there.
    Object,
    /// The topic.
    Topic,
}

impl Asked {
    /// What is recorded of an operation of a service.
    pub(in crate::instrument) fn of(metadata: &Metadata) -> Asked {
        let operation = metadata.name();
        match metadata.service() {
            "DynamoDB" => Asked::Bodies(dynamodb(operation)),
            "SQS" => Asked::Bodies(sqs(operation)),
            "Lambda" => status_of_invocation(operation).map_or(Asked::Nothing, Asked::Invocation),
            "S3" if is_of_bucket(operation) => Asked::Object,
            "SNS" if matches!(operation, "Publish" | "PublishBatch") => Asked::Topic,
            _ => Asked::Nothing,
        }
    }

    /// Records what a request says.
    #[inline]
    pub(in crate::instrument) fn record_request(
        self,
        call: &mut Saying<'_>,
        request: &HttpRequest,
    ) {
        if let Asked::Bodies(bodies) = self {
            return bodies.record_request(call, request.body().bytes().unwrap_or_default());
        }
        self.record_other(call, request);
    }

    #[cold]
    fn record_other(self, call: &mut Saying<'_>, request: &HttpRequest) {
        match self {
            Asked::Nothing | Asked::Bodies(_) => {}
            Asked::Invocation(_) => record_lambda(call, request),
            Asked::Object => record_s3(call, request),
            Asked::Topic => record_sns(call, request.body().bytes().unwrap_or_default()),
        }
    }

    /// Records what an answer says beside its status.
    pub(in crate::instrument) fn record_answer(
        self,
        call: &mut Saying<'_>,
        response: &HttpResponse,
        succeeded: bool,
    ) {
        match self {
            Asked::Bodies(bodies) if succeeded => {
                bodies.record_answer(call, response.body().bytes().unwrap_or_default());
            }
            Asked::Invocation(status) => record_lambda_response(call, *status, response),
            _ => {}
        }
    }
}
