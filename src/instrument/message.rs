//! Messages of services, without what they repeat of a request.

use std::borrow::Cow;

/// A message of a service without what it repeats of the request: where a signature is wrong, all
/// headers with the session's token; where a value is, that value; where an expression or a statement
/// is, a part of it or all.
///
/// What a service says is not known as a whole, so that this is a list of what was seen.
/// Sources: aws-sdk-cpp issue 17 and selling-partner-api-models issue 1900 (the canonical string); the
/// validation of the services' common framework ("Value '...' at 'limit' failed to satisfy constraint");
/// `DynamoDB` ("cannot be converted to a numeric value: ...", "Syntax error; token: ...": dynamodb-dashboard
/// issue 735; bounds of BETWEEN and sets with duplicates: the tests of dynalite; statements:
/// PyDynamoDB issue 26, and with the whole statement `DynamoDB` local); receipt handles of SQS (its
/// developer guide, "Troubleshoot access denied and other errors"); payloads of Lambda; telephone numbers
/// of SNS (localstack).
pub(in crate::instrument) fn without_values(message: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(message);
    for start in DROPPED {
        if let Some(place) = text.find(start) {
            text = Cow::Owned(text[..place].trim_end().to_owned());
        }
    }
    for start in BEHIND {
        if let Some(place) = text.find(start) {
            let kept = text[..place + start.len()].trim_end();
            text = Cow::Owned(format!("{kept} ***"));
        }
    }
    for (start, end) in BETWEEN {
        if let Some((before, behind)) = text.split_once(start)
            && let Some(place) = behind.rfind(end)
        {
            text = Cow::Owned(format!("{before}{start}***{}", &behind[place..]));
        }
    }
    if let Some(masked) = without_constrained(&text).or_else(|| without_parameter(&text)) {
        text = Cow::Owned(masked);
    }
    if let Some(masked) = without_statement(&text) {
        text = Cow::Owned(masked);
    }
    text
}

/// What comes from here on is dropped.
const DROPPED: [&str; 2] = ["The Canonical String", "The String-to-Sign"];

/// What comes behind is masked.
const BEHIND: [&str; 7] = [
    "x-amz-security-token:",
    "a numeric value: ",
    "Syntax error; token: ",
    "bound operand: ",
    "Could not parse request body into json: ",
    "PhoneNumber Reason: ",
    "Invalid SMS endpoint: ",
];

/// What stands between is masked.
const BETWEEN: [(&str, &str); 2] = [
    ("Input collection ", " contains duplicates"),
    ("receipt handle ", " is not a valid receipt handle"),
];

/// The errors of the services' common framework: `2 validation errors detected: Value 'a' at 'limit'
/// failed to satisfy constraint: ...; Value ...`.
fn without_constrained(text: &str) -> Option<String> {
    let (begins, ends) = ("Value '", "' at '");
    let (before, _) = text.split_once(begins)?;
    let mut masked = before.to_owned();
    let mut rest = &text[before.len()..];
    while let Some(value) = rest.strip_prefix(begins) {
        // A value may hold whatever ends one.
        let length = value.find("; Value '").map_or(value.len(), |next| next + 2);
        let (error, others) = value.split_at(length);
        let place = error.rfind(ends)?;
        masked.push_str(begins);
        masked.push_str("***");
        masked.push_str(&error[place..]);
        rest = others;
    }
    Some(masked + rest)
}

/// An error of SQS: `Value a for parameter ReceiptHandle is invalid.`
fn without_parameter(text: &str) -> Option<String> {
    let place = text.strip_prefix("Value ")?.rfind(" for parameter ")?;
    Some(format!("Value ***{}", &text["Value ".len() + place..]))
}

/// An error of `DynamoDB` that cannot read a statement.
fn without_statement(text: &str) -> Option<String> {
    const BEGINS: &str = "Statement wasn't well formed";
    const THEN: &str = ", can't be processed:";
    let (before, behind) = text.split_once(BEGINS)?;
    let (then, detail) = match behind.strip_prefix(THEN) {
        Some(detail) => (THEN, detail.trim()),
        None => ("", behind.trim()),
    };
    let is_known = detail.is_empty() || GRAMMAR.contains(&detail);
    (!is_known).then(|| format!("{before}{BEGINS}{then} ***"))
}

/// What is wrong with a statement, in words of the grammar alone: those of PartiQL's own parser, and
/// what the service was seen to answer.
const GRAMMAR: [&str; 8] = [
    "Expected data manipulation",
    "Expected identifier for simple path",
    "Expected type name",
    "Missing right-hand side expression of infix operator",
    "Unexpected keyword",
    "Unexpected operator",
    "Unexpected term",
    "Unexpected token after expression",
];

#[cfg(test)]
mod tests {
    use crate::instrument::message::without_values;

    #[track_caller]
    fn check(messages: &[(&str, &str)]) {
        for (message, expected) in messages {
            assert_eq!(without_values(message), *expected);
        }
    }

    #[test]
    fn no_value_of_an_item_or_an_expression_is_repeated() {
        check(&[
            (
                "The parameter cannot be converted to a numeric value: SECRET",
                "The parameter cannot be converted to a numeric value: ***",
            ),
            (
                "2 validation errors detected: Value 'SECRET' at 'limit' failed to satisfy constraint: a; \
                 Value 'it's SECRET' at 'tableName' failed to satisfy constraint: b",
                "2 validation errors detected: Value '***' at 'limit' failed to satisfy constraint: a; \
                 Value '***' at 'tableName' failed to satisfy constraint: b",
            ),
            (
                "Invalid FilterExpression: Syntax error; token: \"SECRET\", near: \"= SECRET\"",
                "Invalid FilterExpression: Syntax error; token: ***",
            ),
            ("Value 'open", "Value 'open"),
            (
                "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or \
                 equal to lower bound; lower bound operand: AttributeValue: {S:SECRET}}, upper bound operand: \
                 AttributeValue: {S:SECRET}",
                "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or \
                 equal to lower bound; lower bound operand: ***",
            ),
            (
                "One or more parameter values were invalid: Input collection [SECRET, SECRET] contains duplicates.",
                "One or more parameter values were invalid: Input collection *** contains duplicates.",
            ),
            (
                "Input collection [SECRET, SECRET]of type BS contains duplicates. for key :b",
                "Input collection *** contains duplicates. for key :b",
            ),
            (
                "Input collection [it contains duplicates, SECRET] contains duplicates.",
                "Input collection *** contains duplicates.",
            ),
            (
                "2 validation errors detected: Value 'a' at 'SECRET' at 'limit' failed; Value 'SECRET' at 'b' failed",
                "2 validation errors detected: Value '***' at 'limit' failed; Value '***' at 'b' failed",
            ),
        ]);
    }

    #[test]
    fn no_statement_is_repeated() {
        check(&[
            (
                "Statement wasn't well formed, can't be processed: Expected data manipulation",
                "Statement wasn't well formed, can't be processed: Expected data manipulation",
            ),
            (
                "Statement wasn't well formed, can't be processed: Unexpected keyword",
                "Statement wasn't well formed, can't be processed: Unexpected keyword",
            ),
            (
                "Statement wasn't well formed, can't be processed: SELEC * FROM Orders WHERE name = 'SECRET: a'",
                "Statement wasn't well formed, can't be processed: ***",
            ),
            (
                "Statement wasn't well formed, got error: Unexpected 'SECRET'",
                "Statement wasn't well formed ***",
            ),
            (
                "Statement wasn't well formed, can't be processed:\nSELEC * FROM 'SECRET'",
                "Statement wasn't well formed, can't be processed: ***",
            ),
            (
                "Statement wasn't well formed, can't be processed: Unexpected keyword SECRET",
                "Statement wasn't well formed, can't be processed: ***",
            ),
            (
                "Statement wasn't well formed, can't be processed: ",
                "Statement wasn't well formed, can't be processed: ",
            ),
            (
                "Statement wasn't well formed, can't be processed: Unexpected \u{e4}",
                "Statement wasn't well formed, can't be processed: ***",
            ),
            (
                "Statement wasn't well formed",
                "Statement wasn't well formed",
            ),
        ]);
    }

    #[test]
    fn nothing_secret_of_other_services_is_repeated() {
        check(&[
            (
                "The conditional request failed",
                "The conditional request failed",
            ),
            (
                "The request signature we calculated does not match.\n\nThe Canonical String for this request \
                 should have been\n'POST\n/\nx-amz-security-token:SECRET\n'",
                "The request signature we calculated does not match.",
            ),
            (
                "sent x-amz-security-token:SECRET too",
                "sent x-amz-security-token: ***",
            ),
            (
                "The Value you sent is none for parameter Name",
                "The Value you sent is none for parameter Name",
            ),
            (
                "Invalid parameter: Invalid SMS endpoint: SECRET",
                "Invalid parameter: Invalid SMS endpoint: ***",
            ),
            (
                "Value SECRET/+= for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
                "Value *** for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
            ),
            (
                "The input receipt handle \"SECRET\" is not a valid receipt handle.",
                "The input receipt handle *** is not a valid receipt handle.",
            ),
            (
                "Could not parse request body into json: Could not parse payload into json: Unrecognized token \
                 'SECRET': was expecting (JSON String, Number, Array, Object)",
                "Could not parse request body into json: ***",
            ),
            (
                "Invalid parameter: PhoneNumber Reason: SECRET is not valid to publish to",
                "Invalid parameter: PhoneNumber Reason: ***",
            ),
        ]);
    }
}
