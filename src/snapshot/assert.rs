//! The assertion of a snapshot.

/// Asserts that a trace is as its snapshot says, by [insta](https://docs.rs/insta).
///
/// Of a [`Trace`](crate::Trace), [whole](crate::Trace) or [not](crate::PartialTrace), it is the
/// [outline](crate::Trace::outline) that is held against the snapshot. An
/// [`Outline`](crate::snapshot::Outline) with more in it, a [`Normalized`](crate::snapshot::Normalized)
/// and a [`Diff`](crate::snapshot::Diff) are held as they are written.
///
/// ```text
/// assert_trace_snapshot!(trace, @"...");            the snapshot stands in the source
/// assert_trace_snapshot!(trace);                    in a file that has the name of the test
/// assert_trace_snapshot!("placed", trace);          in a file of that name
/// ```
///
/// Files lie in `snapshots/` beside the source of the test, where insta's own are, and
/// `cargo insta review` finds all three. The test needs no dependency on insta. Settings that are
/// bound around the call count, except that the expression is left out of files.
///
/// # Panics
///
/// Where the trace is not as the snapshot says, and where there is no snapshot yet: `cargo insta
/// review` shows both, and `cargo insta accept` takes what is.
///
/// # Examples
///
/// ```
/// use xray_phantom::{FakeDaemon, Recorder, assert_trace_snapshot, block_on, in_subsegment_infallible};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// block_on(recorder.in_segment_infallible("OrdersWorker", async |_| {
///     in_subsegment_infallible("dynamo-put", async |put| {
///         put.annotate("order_id", "o-1");
///     })
///     .await;
/// }));
/// let trace = block_on(daemon.expect_one_trace());
/// assert_trace_snapshot!(trace, @r"
/// OrdersWorker
///   dynamo-put {order_id: o-1}
/// ");
/// ```
#[cfg(feature = "insta")]
#[macro_export]
macro_rules! assert_trace_snapshot {
    ($trace:expr, @$snapshot:literal $(,)?) => {{
        let text = $crate::snapshot::__private::text(&$trace);
        $crate::snapshot::__private::settings().bind(|| {
            $crate::snapshot::__private::insta::assert_snapshot!(text, @$snapshot)
        })
    }};
    ($name:expr, $trace:expr $(,)?) => {{
        let text = $crate::snapshot::__private::text(&$trace);
        $crate::snapshot::__private::settings().bind(|| {
            $crate::snapshot::__private::insta::assert_snapshot!($name, text)
        })
    }};
    ($trace:expr $(,)?) => {{
        let text = $crate::snapshot::__private::text(&$trace);
        $crate::snapshot::__private::settings().bind(|| {
            $crate::snapshot::__private::insta::assert_snapshot!(text)
        })
    }};
}

/// Needs the feature `insta`.
///
/// ```compile_fail
/// xray_phantom::assert_trace_snapshot!(trace); // needs the feature `insta`
/// ```
#[cfg(not(feature = "insta"))]
#[macro_export]
macro_rules! assert_trace_snapshot {
    ($($any:tt)*) => {
        ::core::compile_error!(
            "assert_trace_snapshot! needs the feature `insta` of xray-phantom: cargo add --dev xray-phantom --features insta"
        )
    };
}

/// What the macro names.
#[cfg(feature = "insta")]
#[doc(hidden)]
pub mod __private {
    pub use insta;

    use crate::snapshot::{Diff, Normalized, Outline};
    use crate::trace::{PartialTrace, Trace};

    /// What a snapshot can be of.
    pub trait Snapshot {
        /// The text that is held against it.
        fn text(&self) -> String;
    }

    impl<T: Snapshot + ?Sized> Snapshot for &T {
        fn text(&self) -> String {
            (**self).text()
        }
    }

    impl Snapshot for Diff {
        fn text(&self) -> String {
            self.to_string()
        }
    }

    impl Snapshot for Normalized<'_> {
        fn text(&self) -> String {
            self.to_string()
        }
    }

    impl Snapshot for Outline<'_> {
        fn text(&self) -> String {
            self.to_string()
        }
    }

    impl Snapshot for PartialTrace {
        fn text(&self) -> String {
            self.outline()
        }
    }

    impl Snapshot for Trace {
        fn text(&self) -> String {
            self.outline()
        }
    }

    /// The text of a snapshot.
    pub fn text(of: &impl Snapshot) -> String {
        of.text()
    }

    /// The settings around the call; files are without the expression, which is always the same.
    pub fn settings() -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings
    }
}
