//! The rules: codes, consequences, and how each is known.

use std::fmt;

/// What the service does with a document that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// `lint`: it accepts the document; the rule is still worth knowing.
    Lint,
    /// `pruned`: it keeps the document and silently loses this.
    Pruned,
    /// `rejected`: it refuses the document.
    Rejected,
}

impl Consequence {
    /// The consequence as it is printed.
    pub fn as_str(&self) -> &'static str {
        match self {
            Consequence::Lint => "lint",
            Consequence::Pruned => "pruned",
            Consequence::Rejected => "rejected",
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a consequence is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// `guide`: AWS's developer guide or general reference says so.
    Guide,
    /// `inferred`: it follows from something that is known; nobody has published it.
    Inferred,
    /// `schema`: AWS's published JSON schema of segment documents says so.
    Schema,
    /// `seen`: the service, or an SDK, was seen to do so.
    Seen,
}

impl Evidence {
    /// The grade as it is printed.
    pub fn as_str(&self) -> &'static str {
        match self {
            Evidence::Guide => "guide",
            Evidence::Inferred => "inferred",
            Evidence::Schema => "schema",
            Evidence::Seen => "seen",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares the rules: each a line of facts.
macro_rules! rules {
    ($($consequence:ident { $(
        $rule:ident $code:literal $(answers $aws_code:literal)?: $about:literal,
        $evidence:ident $source:literal;
    )* })*) => {
        /// A rule that one document can break by itself.
        ///
        /// The table of all of them, with what is known of each, is in the documentation of
        /// [`schema`](crate::schema#codes).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(
                #[doc = concat!("`", $code, "`: ", $about, ".")]
                $rule,
            )*)*
        }

        impl Rule {
            /// All rules: those with the gravest consequence first, then by code.
            pub const ALL: &[Rule] = &[$($(Rule::$rule,)*)*];

            /// The stable code, as it is printed.
            pub fn code(&self) -> &'static str {
                self.facts().code
            }

            /// What the service does with a document that breaks it.
            pub fn consequence(&self) -> Consequence {
                self.facts().consequence
            }

            /// The service's own error code, where one is known.
            pub fn aws_code(&self) -> Option<&'static str> {
                self.facts().aws_code
            }

            /// What breaks it, in a few words.
            pub fn about(&self) -> &'static str {
                self.facts().about
            }

            /// How the consequence is known.
            pub fn evidence(&self) -> Evidence {
                self.facts().evidence
            }

            /// Where that can be looked up.
            pub fn source(&self) -> &'static str {
                self.facts().source
            }

            fn facts(self) -> &'static Facts {
                match self {
                    $($(Rule::$rule => &Facts {
                        code: $code,
                        consequence: Consequence::$consequence,
                        aws_code: [$(Some($aws_code),)? None][0],
                        about: $about,
                        evidence: Evidence::$evidence,
                        source: $source,
                    },)*)*
                }
            }
        }
    };
}

struct Facts {
    code: &'static str,
    consequence: Consequence,
    aws_code: Option<&'static str>,
    about: &'static str,
    evidence: Evidence,
    source: &'static str,
}

impl Rule {
    /// The rule with this code.
    pub fn of(code: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.code() == code)
    }

    /// Whether the rule is judged only on request: see [`Secrets`](crate::schema::Secrets).
    pub fn is_opt_in(&self) -> bool {
        matches!(
            self,
            Rule::SecretCardNumber | Rule::SecretCredential | Rule::SecretEmail | Rule::SecretToken
        )
    }
}

/// The code.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

// "Guide" is the AWS X-Ray developer guide, segment documents; "schema" AWS's published JSON
// schema of segment documents, version 1.0.0.
rules! {
    Rejected {
        DocumentTooLarge "document-too-large" answers "InvalidSegment": "the document has more than 65,536 bytes",
            Inferred "general reference, X-Ray quotas: 64 kB, of which this is the larger reading; InvalidSegment was seen for a trace beyond its quota";
        IdFormat "id-format": "`id` is no string of 16 characters",
            Schema "`id` of a segment; the guide asks for 16 hex digits of subsegments too";
        MissingEndTime "missing-end-time" answers "MissingEndTime": "an entity has neither `end_time` nor `in_progress: true`",
            Seen "Napp/xray-laravel issue 16: an embedded subsegment without it rejects the whole document";
        MissingId "missing-id" answers "MissingId": "an entity has no `id`",
            Seen "answers of the service in issue threads of the SDKs";
        MissingName "missing-name" answers "MissingName": "an entity has no `name`",
            Seen "answers of the service in issue threads of the SDKs";
        MissingParentId "missing-parent-id" answers "MissingParentId": "a subsegment that is sent on its own has no `parent_id`",
            Seen "zipkin-aws issue 63, opentelemetry-collector-contrib issue 482";
        MissingStartTime "missing-start-time": "an entity has no `start_time`",
            Schema "`required`; the service's code for it is not known";
        MissingTraceId "missing-trace-id" answers "MissingTraceId": "the document has no `trace_id`",
            Seen "answers of the service in issue threads of the SDKs";
        NameFormat "name-format" answers "InvalidName": "the name of a segment has a character that names may not have, or more than 200; or a name is empty or no string",
            Seen "aws-xray-daemon issue 184, Napp/xray-laravel issue 29; the pattern is the schema's";
        ParentIdFormat "parent-id-format": "`parent_id` of a subsegment that is sent on its own is no string of 16 characters",
            Inferred "a subsegment needs its parent (MissingParentId); the schema asks for 16 characters at the top of a document";
        TimeType "time-type": "`start_time` or `end_time` is no number",
            Schema "`start_time`, `end_time`";
        TraceIdFormat "trace-id-format" answers "InvalidTraceId": "`trace_id` is not `1-`, 8 hex digits, `-`, 24 hex digits",
            Guide "trace ID; W3C ids are sent in this form too, and the time in them is not checked";
    }
    Pruned {
        AnnotationKey "annotation-key": "the key of an annotation has another character than letters, digits, `_` and `.`, or more than 500, or none",
            Seen "the schema's pattern, widened by the dot that the service takes since 2024 (opentelemetry-collector-contrib PR 31732); aws-app-mesh-roadmap issue 256: dropped in silence";
        AnnotationLength "annotation-length": "the text of an annotation has more than 1,000 characters",
            Schema "`annotations`";
        AnnotationValue "annotation-value": "the value of an annotation is null, an array or an object",
            Seen "aws-xray-sdk-java issue 389, envoy issue 13071: dropped in silence";
        CallerIdFormat "caller-id-format": "`parent_id` of a segment is no string of 16 characters",
            Schema "`parent_id`";
        CauseFormat "cause-format": "`cause` is neither an object nor a string of 16 characters",
            Schema "`cause`";
        ExceptionIdFormat "exception-id-format": "the `id` of an exception is no string of 16 characters",
            Schema "`exception`";
        FieldType "field-type": "a field has another type than the schema gives it",
            Schema "the field's `type`; the guide (getting data from X-Ray): what does not follow the schema is removed";
        TextLength "text-length": "a text has more characters than the schema gives it: 250 for `user`, `sql.user` and the texts of `http.request`",
            Schema "the field's `maxLength`";
    }
    Lint {
        AnnotationCount "annotation-count": "the document has more than 50 annotations",
            Guide "annotations: 50 for each trace are indexed, the others are kept";
        AwsCall "aws-call": "a subsegment of namespace `aws` does not say its operation, its region, or the table of a DynamoDB call",
            Guide "aws: what the console shows and groups by";
        AwsName "aws-name": "a subsegment of namespace `aws` says an operation that one service alone has, and has another name",
            Guide "name of a subsegment: the service that is called, by which the service map is drawn";
        AwsRequestId "aws-request-id": "a subsegment of namespace `aws` has the status of a reply below 500, and does not say the request id of it",
            Guide "aws: request_id, by which AWS finds a request";
        AwsValues "aws-values": "the `aws` block of a call holds values of its request or reply: an item, a key, a body",
            Seen "the parameter lists of the official SDKs have no values, but for keys in `item_collection_metrics`";
        CauseWithoutFlag "cause-without-flag": "an entity has a `cause` and neither `error` nor `fault` nor `throttle`",
            Guide "cause: the flags say that there was one";
        DocumentLarge "document-large": "the document has more than 56,000 bytes",
            Guide "general reference, X-Ray quotas: 64 kB, of which 64,000 is the smaller reading; from 56,000 on it is near";
        DuplicateKey "duplicate-key": "an object has a key twice",
            Inferred "RFC 8259: what a reader makes of it is not defined; Go, Java and Python take the last";
        EmbeddedTraceId "embedded-trace-id": "an embedded subsegment names another trace than its document",
            Inferred "the guide asks for no `trace_id` there; nesting decides";
        ExceptionWithoutId "exception-without-id": "an exception has no `id`",
            Seen "the schema asks for it, and the service takes the Ruby SDK's exceptions, which have none (opentelemetry-collector-contrib issue 37414)";
        FlagsAndStatus "flags-and-status": "`error`, `fault` or `throttle` contradict `http.response.status`",
            Guide "error: 4xx, throttle: 429, fault: 5xx";
        IdHex "id-hex": "`id` or `parent_id` has other characters than hex digits",
            Guide "id: 16 hexadecimal digits; the schema does not check it";
        IdInName "id-in-name": "a name, or the key of an annotation, looks as if it held an id, so that each request makes one of its own",
            Inferred "each name is a node of the service map, each key a field to search by; limits are not published";
        IdRepeated "id-repeated": "two entities of the document have the same `id`",
            Guide "id: unique in its trace";
        LinkCount "link-count": "a segment links to more than 20 traces",
            Guide "linked traces";
        LoneSurrogate "lone-surrogate": "a string holds half a character, such as `\\ud800`",
            Inferred "JSON, but no text: what the service makes of it is not known";
        LooseType "loose-type": "a field has another type than the guide gives it, and the schema does not ask, or the service is known to take it",
            Seen "documents of official SDKs; fields that only the guide names";
        MetadataNamespace "metadata-namespace": "a value of `metadata` is no object, which a namespace should be",
            Schema "the guide takes any value";
        MetadataReserved "metadata-reserved": "a key of `metadata` begins with `AWS.`",
            Guide "metadata: such keys are reserved";
        MisplacedField "misplaced-field": "a segment has a field of subsegments, or the other way round",
            Guide "the fields of segments and of subsegments; X-Ray reads others nowhere";
        MisspelledField "misspelled-field": "a field that X-Ray does not read has nearly the name of one that it does",
            Inferred "unknown fields are taken and not read";
        NamespaceValue "namespace-value": "`namespace` is none of `aws`, `remote`, and the SDKs' `local`",
            Guide "namespace";
        OpenAndEnded "open-and-ended": "an entity has an `end_time` and `in_progress: true`",
            Guide "in_progress: one or the other; what the service does is not known";
        SubsegmentName "subsegment-name": "the name of a subsegment has a character that names of segments may not have, or more than 200",
            Seen "the schema does not check it; InvalidName was seen for a `?` (Napp/xray-laravel issue 29, level not stated)";
        TimeOrder "time-order": "`end_time` is before `start_time`",
            Inferred "the schema does not check it; what the service does is not known";
        TimeRange "time-range": "a time is before 1970, or so late that it looks like milliseconds",
            Guide "start_time: seconds; what the service does is not known";
        TypeValue "type-value": "`type` is not `subsegment`",
            Guide "type: at the top of a document, anything else is taken for a segment";
        UnsampledId "unsampled-id": "an id is all zeros, as SDKs make them for requests that are not sampled",
            Seen "the SDKs for Python, Go and Java; such entities should not be sent";
        SecretCardNumber "secret-card-number": "a text looks like the number of a payment card (on request)",
            Inferred "what a trace holds, everybody who may read traces can read";
        SecretCredential "secret-credential": "a text looks like a password or a key (on request)",
            Inferred "what a trace holds, everybody who may read traces can read";
        SecretEmail "secret-email": "a text looks like an e-mail address (on request)",
            Inferred "what a trace holds, everybody who may read traces can read";
        SecretToken "secret-token": "a text looks like a token (on request)",
            Inferred "what a trace holds, everybody who may read traces can read";
    }
}
