//! Sums: the digits that were sent, and minor units only where they are exact.

use serde_json::Value;
use yuno_webhooks::{Amount, Event};

use super::tree::Tree;
use super::values::{is_number, minor_units, sum};

/// The digits of a sum and a currency, with a NUL between them.
pub(super) fn check(input: &[u8]) {
    let (digits, currency) = super::halves(input);
    let (Ok(digits), Ok(currency)) = (str::from_utf8(digits), str::from_utf8(currency)) else { return };
    let quoted = |text: &str| Value::from(text).to_string();
    let forms = if is_number(digits) { vec![digits.to_owned(), quoted(digits)] } else { vec![quoted(digits)] };
    for form in forms {
        let tree = Tree::read(&form).unwrap();
        let expected = sum(Some(&tree));
        let units = expected.and_then(|value| minor_units(value, currency));
        let currency_of = |amount: &Amount<'_>| amount.currency().map(str::to_owned);
        let currency_text = quoted(currency);
        // Of a resource, of a transaction with its own currency, and of one in its resource's.
        let whole = format!(r#"{{"value":{form},"currency":{currency_text}}}"#);
        for body in [
            format!(r#"{{"type_event":"payout.payout","data":{{"id":"p","amount":{whole}}}}}"#),
            format!(r#"{{"payment":{{"amount":{whole},"transactions":[{{"id":"t","amount":{form}}}]}}}}"#),
            format!(r#"{{"payment":{{"transactions":{{"id":"t","amount":{whole}}}}}}}"#),
        ] {
            let event = Event::parse_unverified(body.as_bytes()).unwrap();
            let resource = event.resource();
            let moved = resource.transaction().and_then(|transaction| transaction.amount());
            let sums = [resource.amount(), moved];
            let found: Vec<_> = sums.iter().flatten().collect();
            assert_eq!(found.is_empty(), expected.is_none(), "{body}");
            for amount in found {
                assert_eq!((Some(amount.value()), currency_of(amount).as_deref()), (expected, Some(currency)), "{body}");
                assert_eq!(amount.minor_units(), units, "{body}");
            }
        }
    }
}
