//! Exact money: the digits that were sent, never a float.

use std::borrow::Cow;

use iso_currency::Currency;

/// More digits than any sum of money has; beyond it a value is read as absent.
const MAX_DIGITS: usize = 40;
/// Likewise for the exponent.
const MAX_EXPONENT: u32 = 100;

/// A sum of money as it was sent: in major units (`24.9` is 24 dollars and 90 cents).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount<'a> {
    value: Cow<'a, str>,
    currency: Option<Cow<'a, str>>,
}

impl<'a> Amount<'a> {
    /// From the value's text; `None` unless it is one JSON number of at most 40 digits and an exponent within 100.
    pub(crate) fn new(value: Cow<'a, str>, currency: Option<Cow<'a, str>>) -> Option<Self> {
        Decimal::parse(&value)?;
        Some(Self { value, currency })
    }

    /// The value: the digits of the source text, a JSON number such as `2000.0`, to be read as an exact decimal.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The currency as it was sent, by the provider's documents an ISO 4217 code; `None` if there was none.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The value and the currency as texts that live as long as the body.
    pub fn into_parts(self) -> (Cow<'a, str>, Option<Cow<'a, str>>) {
        (self.value, self.currency)
    }

    /// The value in the smallest unit of its currency (cents) by ISO 4217. `None` where that is not exact: the currency is not known to the
    /// standard or has no smaller unit defined, the value has digits below the smallest unit, or it does not fit.
    ///
    /// ```
    /// # use yuno_webhooks::Event;
    /// let event = Event::parse_unverified(br#"{"data":{"payment":{"id":"p","amount":{"value":24.9,"currency":"USD"}}}}"#)?;
    /// assert_eq!(event.resource().amount().and_then(|amount| amount.minor_units()), Some(2490));
    /// # Ok::<(), yuno_webhooks::Error>(())
    /// ```
    pub fn minor_units(&self) -> Option<i128> {
        let exponent = Currency::from_code(self.currency()?)?.exponent()?;
        Decimal::parse(&self.value)?.scaled(i64::from(exponent))
    }
}

/// A JSON number taken apart: `integer` `fraction` times ten to the `exponent`.
struct Decimal<'a> {
    negative: bool,
    integer: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(head, tail)| (head, Some(tail)));
        let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let (integer, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(head, tail)| (head, Some(tail)));
        let canonical = integer == "0" || !integer.starts_with('0');
        if !canonical || !is_digits(integer) || !fraction.is_none_or(is_digits) {
            return None;
        }
        let fraction = fraction.unwrap_or_default();
        if integer.len().checked_add(fraction.len())? > MAX_DIGITS {
            return None;
        }
        let exponent = exponent.map_or(Some(0), parse_exponent)?;
        Some(Self { negative, integer, fraction, exponent })
    }

    /// The value times ten to the `places`, if that is an integer that fits.
    fn scaled(&self, places: i64) -> Option<i128> {
        let digits = format!("{}{}", self.integer, self.fraction);
        let significant = digits.trim_end_matches('0');
        let cut = i64::try_from(digits.len().checked_sub(significant.len())?).ok()?;
        if significant.is_empty() {
            return Some(0);
        }
        let shift = self.exponent.checked_add(places)?.checked_add(cut)?;
        let shift = shift.checked_sub(i64::try_from(self.fraction.len()).ok()?)?;
        let factor = 10_i128.checked_pow(u32::try_from(shift).ok()?)?;
        let value = significant.parse::<i128>().ok()?.checked_mul(factor)?;
        if self.negative { value.checked_neg() } else { Some(value) }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.split_at_checked(1) {
        Some(("-", digits)) => (true, digits),
        Some(("+", digits)) => (false, digits),
        _ => (false, text),
    };
    // One pass that ends at the limit, since any number of zeros may stand in front.
    let size = Some(digits).filter(|digits| !digits.is_empty())?.bytes().try_fold(0_u32, |size, byte| {
        let digit = Some(byte).filter(u8::is_ascii_digit)?.checked_sub(b'0')?;
        size.checked_mul(10)?.checked_add(digit.into()).filter(|size| *size <= MAX_EXPONENT)
    })?;
    if negative { i64::from(size).checked_neg() } else { Some(size.into()) }
}

/// Whether a text is one JSON number, of any size.
pub(crate) fn is_number(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte == b'-' || byte.is_ascii_digit())
        && text.bytes().next_back().is_some_and(|byte| byte.is_ascii_digit())
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_comes_apart_into_what_was_sent() {
        let amount = Amount::new("24.90".into(), Some("USD".into())).unwrap();
        assert_eq!(amount.into_parts(), ("24.90".into(), Some("USD".into())));
    }
}
