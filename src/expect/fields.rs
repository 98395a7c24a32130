//! How assertions about single fields are declared.

/// Declares assertions about fields: the method, how it is called in failures, how it is read, and
/// an example that passes and one that does not.
///
/// `text`, `number` and `time` are methods of [`Log`](crate::expect::log::Log).
macro_rules! fields {
    ($($(#[$about:meta])* $method:ident: $sort:ident($kind:ty) = $what:literal, $read:expr;
        $yes:literal, $no:literal;)*) => {
        $(
            $(#[$about])*
            ///
            /// # Examples
            ///
            /// ```
            /// # let trace = xray_phantom::trace::sample();
            #[doc = concat!("trace.assert().", $yes, ";")]
            /// ```
            ///
            /// ```should_panic
            /// # let trace = xray_phantom::trace::sample();
            #[doc = concat!("trace.assert().", $no, ";")]
            /// ```
            pub fn $method(mut self, expected: impl Matcher<$kind>) -> Self {
                let found = ($read)(&self);
                self.log.$sort(Some(self.node), $what, found, &expected);
                self
            }
        )*
    };
}

pub(in crate::expect) use fields;
