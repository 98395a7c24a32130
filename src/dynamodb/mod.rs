//! A DynamoDB that answers as it is told.
//!
//! [`MockDynamo`] stands behind the SDK's own client, at the place of the network: requests are
//! real, retries and errors are the SDK's own. It matches on the operation and the table of a
//! request, and so works with every version of `aws-sdk-dynamodb`.

mod attribute;
mod connector;
mod mock;
mod operation;
mod reply;
mod request;
mod rule;

pub use attribute::Attribute;
pub use mock::{DynamoReport, MockDynamo};
pub use reply::Reply;
pub use request::Request;
pub use rule::Rule;
