//! Records what libraries do.
//!
//! [`AwsInterceptor`] records the calls of every client of the AWS SDK. What of a request and its
//! answer goes into the trace is a list, the same for all official SDKs; what is not on it is not
//! read.

mod answer;
mod asked;
mod aws;
mod call;
mod clients;
mod failure;
mod message;
mod parameters;
mod rest;

pub use aws::AwsInterceptor;
