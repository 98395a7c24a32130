//! How a trace header travels: with HTTP requests and replies, and with SQS messages.

use crate::model::TraceId;
use crate::wire::{Sampled, TraceHeader};

impl TraceHeader {
    /// The name of the header in HTTP requests and replies, in any case.
    pub const HTTP_HEADER: &'static str = "X-Amzn-Trace-Id";

    /// The name of the system attribute of SQS messages that holds the same text.
    pub const SQS_ATTRIBUTE: &'static str = "AWSTraceHeader";

    /// Reads the header that came with an SQS message, from its system attributes.
    ///
    /// The attribute holds what `X-Amzn-Trace-Id` does. It says who sent this very message, so it
    /// goes before the header of the HTTP request, or of the Lambda invocation, that delivered a
    /// batch of them. `None` where the message has no such attribute.
    ///
    /// Source: AWS X-Ray developer guide, "Amazon SQS and AWS X-Ray".
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::wire::TraceHeader;
    ///
    /// let attributes = [
    ///     ("SentTimestamp", "1523232000000"),
    ///     ("AWSTraceHeader", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8"),
    /// ];
    /// let header = TraceHeader::of_sqs(attributes).unwrap();
    /// assert_eq!(header.parent().unwrap().to_string(), "53995c3f42cd8ad8");
    ///
    /// assert_eq!(TraceHeader::of_sqs([("SentTimestamp", "1523232000000")]), None);
    /// ```
    pub fn of_sqs<'a>(
        attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<TraceHeader> {
        attributes
            .into_iter()
            .find(|(name, _)| *name == TraceHeader::SQS_ATTRIBUTE)
            .map(|(_, text)| TraceHeader::parse(text))
    }

    /// The header of the reply to a request that came with this one.
    ///
    /// `root` is the trace that the request was made a part of: its own, or a new one where it
    /// named none. Only a request that asked, with `Sampled=?`, is told whether it is recorded.
    ///
    /// ```text
    /// Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1
    /// ```
    ///
    /// Source: AWS X-Ray developer guide, "Tracing header"; `mw_utils.js` of the Node SDK.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::wire::TraceHeader;
    ///
    /// let asked = TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?;Lineage=a:0");
    /// let root = asked.root().unwrap();
    /// assert_eq!(
    ///     asked.response(root, true).to_string(),
    ///     "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    /// );
    ///
    /// let told = TraceHeader::parse("Sampled=0");
    /// assert_eq!(
    ///     told.response(root, false).to_string(),
    ///     "Root=1-5759e988-bd862e3fe1be46a994272793"
    /// );
    /// ```
    #[must_use = "the header of the reply is what this returns"]
    pub fn response(&self, root: TraceId, recorded: bool) -> TraceHeader {
        let response = TraceHeader::new(root);
        match (self.sampled(), recorded) {
            (Some(Sampled::Ask), true) => response.with_sampled(Sampled::Keep),
            (Some(Sampled::Ask), false) => response.with_sampled(Sampled::Drop),
            _ => response,
        }
    }
}
