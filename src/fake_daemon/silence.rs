//! That nothing is sent.

use std::collections::HashSet;
use std::panic::Location;

use crate::capture::Counts;
use crate::fake_daemon::captured::trace_of;
use crate::fake_daemon::causes::Cause;
use crate::fake_daemon::{CaptureContext, FakeDaemon, Shortfall};
use crate::wire::Sampled;

/// Silence, which a fence proves.
impl FakeDaemon {
    /// Nothing was sent at all, not even what AWS would refuse.
    ///
    /// # Panics
    ///
    /// Where [`try_expect_silence`](FakeDaemon::try_expect_silence) gives a shortfall, with its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, Sampling, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).sampling(Sampling::never()).build();
    /// recorder.in_segment_infallible_sync("api", |_| ());
    /// block_on(daemon.expect_silence());
    /// ```
    ///
    /// ```should_panic
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// recorder.in_segment_infallible_sync("api", |_| ());
    /// block_on(daemon.expect_silence());
    /// ```
    #[track_caller]
    pub fn expect_silence(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { self.or_panic(self.try_expect_silence().await, at) }
    }

    /// Nothing was sent at all, not even what AWS would refuse.
    ///
    /// # Errors
    ///
    /// Something was: the text shows it. Or datagrams were lost.
    pub async fn try_expect_silence(&self) -> Result<(), Shortfall> {
        let counts = self.look().await?;
        match sent(&counts) {
            0 => Ok(()),
            datagrams => Err(self.sight(counts).not_silent(datagrams, loud())),
        }
    }

    /// Runs some code during which nothing is sent, and gives what it returned.
    ///
    /// The code gets a header that says `Sampled=0`; what it does with it is its own affair, and no
    /// segment joins it by itself. Tests that share a daemon do not disturb each other where the others
    /// [capture](FakeDaemon::capture) what they send.
    ///
    /// # Panics
    ///
    /// Where [`try_expect_silence_during`](FakeDaemon::try_expect_silence_during) gives a shortfall,
    /// with its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(daemon.expect_silence_during(async |context| {
    ///     let serving = recorder.continuing(context.header()); // sampled out by the caller
    ///     serving.in_segment_infallible("api", async |_| ()).await;
    /// }));
    /// ```
    ///
    /// ```should_panic
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(daemon.expect_silence_during(async |_| {
    ///     recorder.in_segment_infallible("api", async |_| ()).await; // the header is ignored
    /// }));
    /// ```
    #[track_caller]
    pub fn expect_silence_during<T, F: AsyncFnOnce(CaptureContext) -> T>(
        &self,
        code: F,
    ) -> impl Future<Output = T> {
        let at = Location::caller();
        async move {
            let (output, silence) = self.try_expect_silence_during(code).await;
            self.or_panic(silence, at);
            output
        }
    }

    /// Runs some code during which nothing is sent, and gives what it returned.
    ///
    /// # Errors
    ///
    /// Beside what the code returned: something was sent meanwhile that no capture had begun; or
    /// datagrams were lost.
    pub async fn try_expect_silence_during<T, F: AsyncFnOnce(CaptureContext) -> T>(
        &self,
        code: F,
    ) -> (T, Result<(), Shortfall>) {
        let before = self.mark().await;
        let context = self.captures.begin(Sampled::Drop, self.env());
        let trace_id = context.trace_id();
        let output = code(context).await;
        let counts = match self.look().await {
            Ok(counts) => counts,
            Err(shortfall) => return (output, Err(shortfall)),
        };
        // What a fault of the daemon has sent twice was sent once.
        let (own, mut others) = (trace_id.to_string(), HashSet::new());
        let (mut ignored, since) = (false, before.counts.received);
        for datagram in self
            .received()
            .iter()
            .filter(|datagram| datagram.seq() >= since)
        {
            match trace_of(datagram) {
                Some(id) if id == own => ignored = true,
                Some(id) if self.captures.has_begun(&id) => {
                    others.insert(datagram.bytes().to_vec());
                }
                _ => {}
            }
        }
        let silence = match sent(&counts).saturating_sub(sent(&before.counts) + others.len() as u64)
        {
            0 => Ok(()),
            datagrams => {
                let cause = if ignored { Cause::new(IGNORED) } else { loud() };
                let sight = self.sight_since(&before, trace_id, counts);
                Err(sight.not_silent(datagrams, cause))
            }
        };
        (output, silence)
    }
}

/// How many datagrams were sent, as far as anybody knows.
fn sent(counts: &Counts) -> u64 {
    (counts.received + counts.dropped_on_request + counts.held).saturating_sub(counts.duplicated)
}

/// Why something was sent.
fn loud() -> Cause {
    Cause::new(RECORDED).hint(
        "beside a FakeDaemon a recorder records all, unless .sampling(Sampling::never()) or Sampled=0 \
         in a header it continues say otherwise",
    )
}

const IGNORED: &str = "the trace says Sampled=0, and was recorded all the same";
const RECORDED: &str = "the code recorded a trace of its own";
