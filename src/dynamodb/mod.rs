//! A DynamoDB that answers as it is told.
//!
//! [`MockDynamo`] stands behind the SDK's own client, at the place of the network: requests are
//! real, retries and errors are the SDK's own. It reads the operation out of `X-Amz-Target` and the
//! rest out of the JSON of a request, and so works with every version of `aws-sdk-dynamodb`.

mod attribute;
mod back_off;
mod call;
mod call_header;
mod cancellation;
mod conditions;
mod connector;
mod findings;
mod mock;
mod operation;
mod pages;
mod pattern;
mod rendezvous;
mod reply;
mod request;
mod rule;
mod rule_answers;
mod script;
mod script_place;
mod script_reader;
mod script_writer;
mod shared;
mod unprocessed;

pub use attribute::Attribute;
pub use back_off::BackOff;
pub use call::{Attempt, Call};
pub use cancellation::Cancellation;
pub use findings::DynamoReport;
pub use mock::MockDynamo;
pub use reply::Reply;
pub use request::Request;
pub use rule::Rule;
