//! Instants to the nanosecond. The provider cuts trailing zeros of the fraction, so its texts do not compare as texts.

/// An instant in nanoseconds since 1970-01-01T00:00:00Z, negative before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.1-9 digits](Z|+-HH:MM)` of the years 1970 to 2261; `None` for anything else.
    ///
    /// ```
    /// # use yuno_webhooks::Timestamp;
    /// let cut = Timestamp::parse("2026-08-17T07:35:18.49869Z");
    /// assert_eq!(cut, Timestamp::parse("2026-08-17T09:35:18.498690000+02:00"));
    /// assert_eq!(cut.map(Timestamp::unix_nanos), Some(1_786_952_118_498_690_000));
    /// assert_eq!(Timestamp::parse("2026-02-29T00:00:00Z"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.as_bytes();
        let year = number(&mut rest, 4)?;
        punctuation(&mut rest, b'-')?;
        let month = number(&mut rest, 2)?;
        punctuation(&mut rest, b'-')?;
        let day = number(&mut rest, 2)?;
        punctuation(&mut rest, b'T')?;
        let (hour, minute) = hour_and_minute(&mut rest)?;
        punctuation(&mut rest, b':')?;
        let second = number(&mut rest, 2).filter(|second| *second < 60)?;
        let nanos = fraction(&mut rest)?;
        let offset = offset_minutes(&mut rest)?;
        if !rest.is_empty() || !(1970..=2261).contains(&year) {
            return None;
        }
        let minutes = days_since_1970(year, month, day)?
            .checked_mul(24 * 60)?
            .checked_add(hour.checked_mul(60)?.checked_add(minute)?)?
            .checked_sub(offset)?;
        let seconds = minutes.checked_mul(60)?.checked_add(second)?;
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos).map(Self)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn unix_nanos(self) -> i64 {
        self.0
    }
}

/// Takes exactly this many digits.
fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    let (head, tail) = rest.split_at_checked(digits)?;
    *rest = tail;
    head.iter().try_fold(0_i64, |number, byte| {
        let digit = Some(byte).filter(|byte| byte.is_ascii_digit())?.checked_sub(b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

fn punctuation(rest: &mut &[u8], expected: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[expected])?;
    Some(())
}

fn hour_and_minute(rest: &mut &[u8]) -> Option<(i64, i64)> {
    let hour = number(rest, 2).filter(|hour| *hour < 24)?;
    punctuation(rest, b':')?;
    let minute = number(rest, 2).filter(|minute| *minute < 60)?;
    Some((hour, minute))
}

/// The nanoseconds of an optional fraction of one to nine digits.
fn fraction(rest: &mut &[u8]) -> Option<i64> {
    if punctuation(rest, b'.').is_none() {
        return Some(0);
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let scale = u32::try_from(9_usize.checked_sub(digits)?).ok()?;
    if digits == 0 { None } else { number(rest, digits)?.checked_mul(10_i64.checked_pow(scale)?) }
}

/// How many minutes the text's clock is ahead of UTC.
fn offset_minutes(rest: &mut &[u8]) -> Option<i64> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    let sign = match first {
        b'Z' => return Some(0),
        b'+' => 1,
        b'-' => -1_i64,
        _ => return None,
    };
    let (hour, minute) = hour_and_minute(rest)?;
    hour.checked_mul(60)?.checked_add(minute)?.checked_mul(sign)
}

/// Days of the Gregorian calendar; `None` for a day that it lacks. Only for years from 1970.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |index: usize| Some(MONTHS.get(index)?.saturating_add(i64::from(index == 1 && is_leap(year))));
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    if day < 1 || day > length(index)? {
        return None;
    }
    let before = year.checked_sub(1)?;
    // From the year 1 to 1970 there were 477 leap days.
    let leap_days = (before / 4).checked_sub(before / 100)?.checked_add(before / 400)?.checked_sub(477)?;
    let years = year.checked_sub(1970)?.checked_mul(365)?.checked_add(leap_days)?;
    let months = (0..index).try_fold(0_i64, |days, earlier| days.checked_add(length(earlier)?))?;
    years.checked_add(months)?.checked_add(day.checked_sub(1)?)
}
