//! Records what libraries do.

mod aws;

pub use aws::AwsInterceptor;
