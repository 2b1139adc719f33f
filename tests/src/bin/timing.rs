//! Whether the time that a delivery takes tells which part of it is right: Welch's t of two classes of deliveries, as dudect has it (Reparaz, Balasch
//! and Verbauwhede, 2017). The classes take turns at random in one buffer, so that nothing but their bytes differs. What is cut off at a percentile
//! are the interrupts.
//!
//! `timing [samples]`: ends with 1 if a class can be told from the other, or if it cannot where the comparison leaks by design.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::hint::black_box;
use std::time::Instant;

use yuno_webhooks::{API_KEY_HEADER, ErrorCode, SIGNATURE_HEADER, Verifier, X_SECRET_HEADER, testing};

/// From here on two classes differ: the bound that dudect and what came after it use.
const BOUND: f64 = 4.5;
const PERCENTILES: [usize; 6] = [50, 75, 90, 95, 99, 100];
/// Small, so that the comparison is a large part of the whole.
const BODY: &[u8] = br#"{"type_event":"payment.purchase"}"#;

/// Bytes of equal length, of which one class or the other is looked at.
struct Classes([Vec<u8>; 2]);

impl Classes {
    /// A text that is wrong in its first byte, and one that is wrong in its last.
    fn wrong_at_either_end(right: &[u8], wrong: impl Fn(u8) -> u8) -> Self {
        let mut classes = [right.to_vec(), right.to_vec()];
        let ends = [0, right.len() - 1];
        classes.iter_mut().zip(ends).for_each(|(text, place)| text[place] = wrong(text[place]));
        Self(classes)
    }

    /// The largest |t| at any percentile, of this many measurements; where it tells the classes apart, of twice as many others: |t| grows with their number
    /// if there is a difference, and what a busy machine does by accident it does not do again.
    fn compare(&self, samples: usize, act: impl Fn(&[u8])) -> f64 {
        let first = self.measure(samples, 0x9e37_79b9_7f4a_7c15, &act);
        if first < BOUND { first } else { self.measure(samples * 2, 0xd1b5_4a32_d192_ed03, &act) }
    }

    /// The same of one series, whose order follows from a number.
    fn measure(&self, samples: usize, order: u64, act: impl Fn(&[u8])) -> f64 {
        let mut buffer = self.0[0].clone();
        let mut random = order;
        let mut times = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
        for round in 0..samples + samples / 10 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let class = usize::from(random >> 63 == 1);
            buffer.copy_from_slice(black_box(&self.0[class]));
            let start = Instant::now();
            act(black_box(&buffer));
            let time = start.elapsed().as_nanos();
            // The first ones warm the caches.
            if round >= samples / 10 {
                times[class].push(time as f64);
            }
        }
        let mut all = times.concat();
        all.sort_by(f64::total_cmp);
        let limits = PERCENTILES.map(|percent| all[(all.len() - 1) * percent / 100]);
        limits
            .map(|limit| welch([0, 1].map(|class| Moments::of(times[class].iter().filter(|time| **time <= limit)))).abs())
            .into_iter()
            .fold(0.0, f64::max)
    }
}

/// A count, a mean and a variance, by Welford's way.
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of<'t>(times: impl Iterator<Item = &'t f64>) -> Self {
        times.fold(Self { count: 0.0, mean: 0.0, squares: 0.0 }, |seen, time| {
            let count = seen.count + 1.0;
            let step = time - seen.mean;
            let mean = seen.mean + step / count;
            Self { count, mean, squares: seen.squares + step * (time - mean) }
        })
    }
}

/// 0 where all times are equal: they tell nothing then.
fn welch([one, two]: [Moments; 2]) -> f64 {
    let error = [&one, &two].iter().map(|seen| seen.squares / (seen.count - 1.0) / seen.count).sum::<f64>().sqrt();
    if error > 0.0 { (one.mean - two.mean) / error } else { 0.0 }
}

/// Compares as one must not: it stops at the first difference.
fn is_equal_so_far(one: &[u8], two: &[u8]) -> bool {
    one.iter().zip(two).all(|(one, two)| black_box(one) == black_box(two))
}

fn secrets() -> Vec<String> {
    (0..8).map(|place| format!("secret number {place} of a merchant who rotates them")).collect()
}

/// The answer, which must be the same for both classes.
fn answer(verifier: &Verifier, headers: &[(&str, &[u8])]) -> Option<ErrorCode> {
    verifier.verify(BODY, headers).err().map(|error| error.code())
}

fn main() {
    let samples = std::env::args().nth(1).map_or(2_000_000, |count| count.parse().unwrap());
    let secrets = secrets();
    let [first, last] = [&secrets[0], &secrets[7]].map(|secret| testing::sign(BODY, secret).into_bytes());
    // A digit of base64 for another; at its end only what leaves no stray bits.
    let digit = |digit| match digit {
        b'A' => b'E',
        b'=' => b'=',
        _ => b'A',
    };
    let one = Verifier::builder().hmac_secret(&secrets[0]).build().unwrap();
    let eight = Verifier::builder().hmac_secrets(&secrets).build().unwrap();
    let key = Verifier::builder().unsigned().api_key([&secrets[0]]).build().unwrap();
    let keys = Verifier::builder().unsigned().api_key(&secrets).build().unwrap();
    let both = Verifier::builder().unsigned().api_key([&secrets[0]]).x_secret([&secrets[1]]).build().unwrap();

    // The last digit before the padding has four bits of the digest, and two that must be 0.
    let mut signatures = Classes::wrong_at_either_end(&first, digit);
    signatures.0[1][42] = digit(first[42]);
    let credentials = Classes::wrong_at_either_end(secrets[0].as_bytes(), |byte| byte ^ 1);
    let right = secrets[0].len();
    let halves = Classes([[&credentials.0[0][..], secrets[1].as_bytes()].concat(), [secrets[0].as_bytes(), &credentials.0[0]].concat()]);

    let signed = |verifier: &Verifier, text: &[u8], expected| assert_eq!(answer(verifier, &[(SIGNATURE_HEADER, text)]), expected);
    let keyed = |verifier: &Verifier, text: &[u8], expected| assert_eq!(answer(verifier, &[(API_KEY_HEADER, text)]), expected);
    let mismatch = Some(ErrorCode::SignatureMismatch);
    let refused = Some(ErrorCode::CredentialMismatch);
    let measured = [
        ("signature wrong at its beginning or end", false, signatures.compare(samples, |text| signed(&one, text, mismatch))),
        ("the same among eight secrets", false, signatures.compare(samples, |text| signed(&eight, text, mismatch))),
        (
            "signed with the first secret or the eighth",
            false,
            Classes([first.clone(), last]).compare(samples, |text| signed(&eight, text, None)),
        ),
        ("credential wrong at its beginning or end", false, credentials.compare(samples, |text| keyed(&key, text, refused))),
        ("the first accepted credential or the eighth", false, {
            Classes([&secrets[0], &secrets[7]].map(|text| text.clone().into_bytes())).compare(samples, |text| keyed(&keys, text, None))
        }),
        ("the first credential wrong or the second", false, {
            halves.compare(samples, |text| {
                let (api_key, x_secret) = text.split_at(right);
                assert_eq!(answer(&both, &[(API_KEY_HEADER, api_key), (X_SECRET_HEADER, x_secret)]), refused);
            })
        }),
        ("control: a signature compared up to the first difference", true, {
            signatures.compare(samples, |text| assert!(!is_equal_so_far(text, testing::sign(BODY, &secrets[0]).as_bytes())))
        }),
        ("control: a credential compared up to the first difference", true, {
            credentials.compare(samples, |text| {
                let _ = black_box(answer(&key, &[(API_KEY_HEADER, text)]));
                assert!(!is_equal_so_far(text, secrets[0].as_bytes()));
            })
        }),
    ];
    println!("{samples} samples each; |t| of {BOUND} and more tells two classes apart");
    let mut is_wrong = false;
    for (what, leaks, t) in measured {
        let verdict = if (t >= BOUND) == leaks { "as it must" } else { "WRONG" };
        is_wrong |= (t >= BOUND) != leaks;
        println!("{t:9.2}  {verdict:10}  {what}");
    }
    std::process::exit(i32::from(is_wrong));
}
