//! The fuzz targets over their seeds and a fixed number of mutations of these: the same ones every time, on every machine.

use yuno_webhooks_tests::hostile::TARGETS;

/// How many mutations each target sees.
const MUTATIONS: usize = 2000;

/// Pieces that mean something to some target.
const WORDS: [&[u8]; 40] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b" ",
    b"\n",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"\\u0072",
    b"\\ud800",
    b"\\\"",
    b"null",
    b"true",
    b"0",
    b"-0",
    b"1e5",
    b"4294967296",
    b"\"retry\":1,",
    b",\"retry\":\"2\"",
    b"\"retry\":{}",
    b"\"data\":",
    b"\"payment\":{",
    b"\"type_event\":\"payment.purchase\",",
    b"\"transactions\":[{\"id\":\"t\"},",
    b"\"updated_at\":\"2026-08-17T07:35:18.49869Z\"",
    b"\"amount\":{\"value\":1.50,\"currency\":\"USD\"},",
    b"sha256=",
    b"$b",
    b"$h",
    b"x-hmac-signature: ",
    b"hmac_secret=",
    b"unsigned\n",
    b"23:59:60",
    b"+14:00",
    b"\xef\xbb\xbf",
];

/// `SplitMix64`, from a seed that never changes.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }

    /// A range of the text, of a length that is small more often than not.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = [2, 8, 64, length + 1][self.below(4)];
        start..(start + self.below(most)).min(length)
    }

    /// Changes a text in one to four places.
    fn mutate(&mut self, text: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        for _ in 0..=self.below(4) {
            let range = self.range(text.len());
            let piece = match self.below(6) {
                0 => Vec::new(),
                1 => vec![u8::try_from(self.below(256)).unwrap()],
                2 => text[self.range(text.len())].to_vec(),
                3 => {
                    let other = &seeds[self.below(seeds.len())];
                    other[self.range(other.len())].to_vec()
                }
                4 if !range.is_empty() => {
                    let mut same = text[range.clone()].to_vec();
                    let place = self.below(same.len());
                    same[place] ^= 1 << self.below(8);
                    same
                }
                _ => WORDS[self.below(WORDS.len())].to_vec(),
            };
            let end = if self.below(2) == 0 { range.start } else { range.end };
            text.splice(range.start..end, piece);
        }
    }
}

fn hold(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    assert!(seeds.len() > 20, "{name} has {} seeds", seeds.len());
    seeds.iter().for_each(|seed| (target.check)(seed));
    let mut chance = Chance(1);
    for _ in 0..MUTATIONS {
        let mut text = seeds[chance.below(seeds.len())].clone();
        chance.mutate(&mut text, &seeds);
        (target.check)(&text);
    }
}

/// A test for each target, so that they run beside each other.
macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { hold(stringify!($name)); })*

        #[test]
        fn every_target_is_here_and_has_a_program() {
            let here = [$(stringify!($name)),*];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), here);
            for name in here {
                let program = std::fs::read_to_string(format!("fuzz/fuzz_targets/{name}.rs")).unwrap();
                assert!(program.contains(&format!("check(\"{name}\", ")), "{program}");
            }
        }
    };
}

targets! { abi headers keys money parse signature time verify }
