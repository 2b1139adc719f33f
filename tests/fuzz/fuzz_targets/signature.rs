#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| yuno_webhooks_tests::hostile::check("signature", input));
