//! The public HMAC-SHA256 vectors of Wycheproof. Their keys are no text, so the verifier is made round its check of secrets; of the tags half are cut, which the
//! library never accepts.

use base64::{Engine, engine::general_purpose::STANDARD};
use wycheproof::TestResult;
use wycheproof::mac::{Test, TestName, TestSet};

use super::{DEFAULT_MAX_BODY_BYTES, SigningKey, Verifier};
use crate::error::ErrorCode;

fn every_test() -> Vec<Test> {
    TestSet::load(TestName::HmacSha256).unwrap().test_groups.into_iter().flat_map(|group| group.tests).collect()
}

#[test]
fn a_tag_is_right_where_wycheproof_says_so() {
    let (mut right, mut wrong) = (0, 0);
    for test in every_test() {
        let seen = SigningKey::of_bytes(&test.key).unwrap().sign(&test.msg);
        let is_right = seen.starts_with(&test.tag);
        assert_eq!(is_right, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
        *(if is_right { &mut right } else { &mut wrong }) += 1;
    }
    assert_eq!((right, wrong), (66, 108));
}

#[test]
fn a_verifier_takes_the_whole_tags_that_are_right_and_nothing_else() {
    let mut outcomes = [0; 3];
    for test in every_test() {
        let key = SigningKey::of_bytes(&test.key).unwrap();
        let verifier = Verifier { keys: vec![key], credentials: Vec::new(), max_body_bytes: DEFAULT_MAX_BODY_BYTES };
        let hex = base16ct::lower::encode_string(&test.tag);
        for text in [STANDARD.encode(&test.tag), hex.to_uppercase(), hex] {
            let seen = verifier.authenticate(&test.msg, &[("x-hmac-signature", text.as_str())]);
            let (place, expected) = match (test.tag.len(), test.result) {
                (32, TestResult::Valid) => (0, None),
                (32, _) => (1, Some(ErrorCode::SignatureMismatch)),
                _ => (2, Some(ErrorCode::SignatureMalformed)),
            };
            assert_eq!(seen.err().map(|error| error.code()), expected, "{}: {}", test.tc_id, test.comment);
            outcomes[place] += 1;
        }
    }
    assert_eq!(outcomes, [99, 162, 261]);
}
