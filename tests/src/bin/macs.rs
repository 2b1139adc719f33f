//! Prints Wycheproof's vectors of HMAC-SHA256 for the other surfaces, a JSON object a line, and beside each the signature that the core makes.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};
use yuno_webhooks::testing;

fn main() {
    for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let [key, message, tag] = [&test.key, &test.msg, &test.tag].map(|bytes| STANDARD.encode(bytes));
            let rust = testing::sign(&test.msg, &test.key);
            let is_right = test.result == TestResult::Valid;
            println!("{}", json!({ "id": test.tc_id, "key": key, "message": message, "tag": tag, "is_right": is_right, "rust": rust }));
        }
    }
}
