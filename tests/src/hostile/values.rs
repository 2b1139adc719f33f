//! Readers of single values, slow and obvious: a value of the wrong form is absent.

use iso_currency::Currency;

use super::tree::Tree;

/// How long the JSON number is that begins a text.
pub(super) fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = usize::from(text.starts_with('-'));
    let mut end = start + digits(start);
    if end == start || (bytes[start] == b'0' && end > start + 1) {
        // No digit; or a zero that more digits follow, of which the zero alone is a number.
        return if end == start { None } else { Some(start + 1) };
    }
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == 0 {
            return None;
        }
        end += 1 + sign + exponent;
    }
    Some(end)
}

/// Whether the whole text is one JSON number.
pub(super) fn is_number(text: &str) -> bool {
    number_length(text) == Some(text.len())
}

/// A text that is not empty.
pub(super) fn name<'t>(tree: &'t Tree<'_>, member: &str) -> Option<&'t str> {
    tree.text(member).filter(|text| !text.is_empty())
}

/// The first of these members that is an id: a text that is not empty, or an integer.
pub(super) fn id<'t>(tree: &'t Tree<'_>, members: &[&str]) -> Option<&'t str> {
    members.iter().find_map(|member| match tree.get(member)? {
        Tree::Number(digits) if !digits.contains(['.', 'e', 'E']) => Some(*digits),
        _ => name(tree, member),
    })
}

/// A counter from 0 to 4294967295: an integer, or a text of 1 to 10 digits.
pub(super) fn counter(tree: Option<&Tree<'_>>) -> Option<u32> {
    let digits = match tree? {
        Tree::Number(digits) => digits,
        Tree::Text(Some(text)) => text.as_str(),
        _ => return None,
    };
    let are_digits = (1..=10).contains(&digits.len()) && digits.chars().all(|digit| digit.is_ascii_digit());
    are_digits.then(|| digits.parse::<u64>().ok()).flatten().and_then(|number| u32::try_from(number).ok())
}

/// The digits of a sum: a number or a text of one, at most 40 digits, an exponent within 100.
pub(super) fn sum<'t>(tree: Option<&'t Tree<'_>>) -> Option<&'t str> {
    let text = match tree? {
        Tree::Number(digits) => digits,
        Tree::Text(Some(text)) => text.as_str(),
        _ => return None,
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.trim_start_matches(['+', '-']).trim_start_matches('0');
    let digits = mantissa.chars().filter(char::is_ascii_digit).count();
    let is_small = exponent.is_empty() || (exponent.len() <= 3 && exponent.parse::<u32>().is_ok_and(|exponent| exponent <= 100));
    (is_number(text) && digits <= 40 && is_small).then_some(text)
}

/// A sum in the smallest unit of its currency, by moving the point in the text.
pub(super) fn minor_units(sum: &str, currency: &str) -> Option<i128> {
    let places = i64::from(Currency::from_code(currency)?.exponent()?);
    let (mantissa, exponent) = sum.split_once(['e', 'E']).unwrap_or((sum, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or((1, mantissa), |mantissa| (-1, mantissa));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // So many zeros on either side that the point stays inside.
    let zeros = "0".repeat(300);
    let digits = [&zeros, integer, fraction, &zeros].concat();
    let point = i64::try_from(300 + integer.len()).unwrap() + exponent.parse::<i64>().unwrap() + places;
    let (whole, rest) = digits.split_at(usize::try_from(point).unwrap());
    let is_exact = rest.chars().all(|digit| digit == '0');
    let whole = whole.trim_start_matches('0');
    let size: Option<i128> = if whole.is_empty() { Some(0) } else { whole.parse().ok() };
    size.filter(|_| is_exact).map(|size| sign * size)
}

/// Nanoseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.1-9 digits](Z|+-HH:MM)`, with the days counted one by one.
pub(super) fn nanoseconds(text: &str) -> Option<i64> {
    let shape: String = text.chars().map(|one| if one.is_ascii_digit() { '0' } else { one }).collect();
    let after = shape.strip_prefix("0000-00-00T00:00:00")?;
    let (fraction, zone) = match after.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|one| one != '0')?),
        None => ("", after),
    };
    let is_fraction = if after.starts_with('.') { (1..=9).contains(&fraction.len()) } else { fraction.is_empty() };
    if !is_fraction || !["Z", "+00:00", "-00:00"].contains(&zone) {
        return None;
    }
    // Only ASCII from here on.
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
    let end = text.len();
    let (ahead_hour, ahead_minute) = if zone == "Z" { (0, 0) } else { (number(end - 5, end - 3), number(end - 2, end)) };
    let is_day = (1970..=2261).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !is_day || hour.max(ahead_hour) > 23 || minute.max(ahead_minute).max(second) > 59 {
        return None;
    }
    let years: i64 = (1970..year).map(|year| (1..=12).map(|month| days_in(year, month)).sum::<i64>()).sum();
    let days = years + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1;
    let ahead = (ahead_hour * 60 + ahead_minute) * if zone.starts_with('-') { -1 } else { 1 };
    let seconds = ((days * 24 + hour) * 60 + minute - ahead) * 60 + second;
    let nanos: i64 =
        format!("{:0<9}", &text[text.len() - after.len()..][usize::from(!fraction.is_empty())..][..fraction.len()]).parse().unwrap();
    Some(seconds * 1_000_000_000 + nanos)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
