//! How assertions about single fields are declared.

/// Declares assertions about fields: the method, how it is called in failures, how it is read, and
/// an example that passes and one that does not.
///
/// The type around them has a method of the name that stands before the first colon, which takes
/// what is read.
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
                self.$sort($what, found, &expected);
                self
            }
        )*
    };
}

pub(in crate::expect) use fields;
