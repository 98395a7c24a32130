//! What sampling rules look at.

/// What is known of a request that may be recorded.
///
/// What is not said, or is empty, matches every rule: a worker that only knows its own name is
/// held against the same rules as a server (AWS SDKs: aws-xray-sdk-python 2.15.0,
/// `core/sampling/local/sampling_rule.py:43`).
///
/// # Examples
///
/// ```
/// use xray_phantom::SamplingRequest;
///
/// let request = SamplingRequest::new()
///     .host("shop.example.com")
///     .http_method("POST")
///     .url_path("/orders");
/// assert_ne!(request, SamplingRequest::new());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a request says nothing until it is handed over"]
pub struct SamplingRequest<'a> {
    pub(in crate::recorder) host: Option<&'a str>,
    pub(in crate::recorder) http_method: Option<&'a str>,
    pub(in crate::recorder) url_path: Option<&'a str>,
    pub(in crate::recorder) service_name: Option<&'a str>,
    pub(in crate::recorder) service_type: Option<&'a str>,
}

impl<'a> SamplingRequest<'a> {
    /// A request of which nothing is known.
    pub fn new() -> SamplingRequest<'a> {
        SamplingRequest::default()
    }

    /// The `Host` header: `shop.example.com`.
    pub fn host(mut self, host: &'a str) -> Self {
        self.host = Some(host);
        self
    }

    /// The method: `GET`.
    pub fn http_method(mut self, http_method: &'a str) -> Self {
        self.http_method = Some(http_method);
        self
    }

    /// The path of the URL, without the query: `/orders/5`.
    pub fn url_path(mut self, url_path: &'a str) -> Self {
        self.url_path = Some(url_path);
        self
    }

    /// The name of the service, as its segments carry it. Local rules do not look at it.
    pub fn service_name(mut self, service_name: &'a str) -> Self {
        self.service_name = Some(service_name);
        self
    }

    /// The origin of the service: `AWS::ECS::Container`. Local rules do not look at it.
    pub fn service_type(mut self, service_type: &'a str) -> Self {
        self.service_type = Some(service_type);
        self
    }
}
