//! The time that a client of the AWS SDK is shown.

use std::time::SystemTime;

use aws_smithy_async::time::TimeSource;

use crate::seam::Clock;

/// A clock as the time of a client, so that it runs with the pauses of the client: where a test has
/// paused tokio's clock, a bucket that fills with time, as that of the adaptive retry mode, fills while
/// the client sleeps.
#[derive(Debug)]
pub(crate) struct ClientTime(pub(crate) Clock);

impl TimeSource for ClientTime {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0.now().since_epoch()
    }
}
