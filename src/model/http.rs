//! The `http` block.

use std::borrow::Cow;

use crate::model::view::view;

view! {
    /// An HTTP request that was served (segment) or made (subsegment).
    ///
    /// Source of the fields: AWS X-Ray developer guide, segment documents, "HTTP request data".
    ///
    /// ```json
    /// {"request": {"method": "GET", "url": "https://api.test/x"}, "response": {"status": 502}}
    /// ```
    Http {
        /// What was asked.
        request: Request<'a> = "request",
        /// What was answered.
        response: Response<'a> = "response",
    }
}

view! {
    /// `http.request`
    Request {
        /// The method, such as `GET`.
        method: Cow<'a, str> = "method",
        /// The full URL, as the SDK chose to record it.
        url: Cow<'a, str> = "url",
        /// The user agent of the caller.
        user_agent: Cow<'a, str> = "user_agent",
        /// The address of the caller.
        client_ip: Cow<'a, str> = "client_ip",
        /// Whether `client_ip` came from an `X-Forwarded-For` header (segments).
        x_forwarded_for: bool = "x_forwarded_for",
        /// Whether the callee is expected to send a segment of its own (subsegments).
        ///
        /// The Node SDK and AWS's published schema have this flag on the subsegment itself:
        /// [`Entity::traced`](crate::model::Entity::traced).
        traced: bool = "traced",
    }
}

view! {
    /// `http.response`
    Response {
        /// The status code.
        status: i64 = "status",
        /// The length of the body in bytes; some senders write -1 for "not known".
        content_length: i64 = "content_length",
    }
}
