//! The receiver of the README in Rust does what its text says.

use std::cell::RefCell;
use std::collections::HashSet;

use yuno_webhooks::testing::{Sample, sign};
use yuno_webhooks::{EventKind, SIGNATURE_HEADER};

const SECRET: &str = "a-test-secret";

thread_local! {
    /// What the receiver would print.
    static PRINTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

#[expect(dead_code, reason = "here the environment holds no secret")]
mod readme {
    macro_rules! println {
        ($($text:tt)*) => { crate::PRINTED.with_borrow_mut(|printed| printed.push(format!($($text)*))) };
    }
    macro_rules! eprintln {
        ($($text:tt)*) => { println!($($text)*) };
    }
    include!(concat!(env!("OUT_DIR"), "/receiver.rs"));

    pub(super) fn send(body: &[u8], headers: &[(&str, String); 1], seen: &mut HashSet<String>, unreadable: &mut Vec<Vec<u8>>) -> u16 {
        let verifier = Verifier::builder().hmac_secret(super::SECRET).build().unwrap();
        receive(&verifier, body, headers, seen, unreadable).status()
    }
}

#[test]
fn the_receiver_ships_an_order_once_and_only_what_was_paid() {
    let (mut seen, mut unreadable) = (HashSet::new(), Vec::new());
    let mut status = |body: Vec<u8>, secret: &str| {
        let headers = [(SIGNATURE_HEADER, sign(&body, secret))];
        (readme::send(&body, &headers, &mut seen, &mut unreadable), PRINTED.take())
    };
    let sample = || Sample::new(EventKind::PaymentPurchase);
    let nothing = || (200, Vec::new());
    let ship = || (200, vec!["ship order-1001".to_owned()]);

    assert_eq!(status(sample().sub_status("THREE_D_SECURE_VERIFIED").body().unwrap(), SECRET), nothing());
    assert_eq!(status(sample().transaction_status("DECLINED").body().unwrap(), SECRET), nothing());
    assert_eq!(status(sample().status("PENDING").body().unwrap(), SECRET), nothing());
    let chargeback = Sample::new(EventKind::PaymentPreChargeback).status("SUCCEEDED").sub_status("APPROVED");
    assert_eq!(status(chargeback.body().unwrap(), SECRET), nothing());

    let (forged, told) = status(sample().body().unwrap(), "another secret");
    assert_eq!(forged, 401);
    assert!(told[0].starts_with("SIGNATURE_MISMATCH: "), "{told:?}");
    assert_eq!(status(sample().body().unwrap(), SECRET), ship());
    assert_eq!(status(sample().retry(1).body().unwrap(), SECRET), nothing());

    let (kept, told) = status(b"[1]".to_vec(), SECRET);
    assert_eq!((kept, told.len()), (200, 1));
    assert_eq!(status(b"[2]".to_vec(), "another secret").0, 401);
    assert_eq!((seen.len(), unreadable), (5, vec![b"[1]".to_vec()]));
}
