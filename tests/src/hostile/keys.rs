//! The dedupe key: one for a delivery and its redeliveries, never one for two events.

use data_encoding::HEXLOWER;
use yuno_webhooks::Event;

use super::parse::same;
use super::reading;
use super::tree::{Member, Tree};
use super::values::is_number;

/// Two bodies, with a NUL between them.
pub(super) fn check(input: &[u8]) {
    let (first, second) = super::halves(input);
    let pair = [first, second].map(|body| Some((Event::parse_unverified(body).ok()?, reading::tree(body).ok()?)));
    for (event, tree) in pair.iter().flatten() {
        check_one(event, tree);
    }
    let [Some((first, one)), Some((second, other))] = &pair else { return };
    let are_equal = first.dedupe_key() == second.dedupe_key();
    assert_eq!(are_equal, remainder(first.raw(), one) == remainder(second.raw(), other), "{}", input.escape_ascii());
    if are_equal {
        let is_joined = same(&without_retry(one), &without_retry(other));
        assert!(is_joined, "two events share a key: {}", input.escape_ascii());
    }
}

fn check_one(event: &Event<'_>, tree: &Tree<'_>) {
    let body = event.raw();
    let digest = HEXLOWER.encode(&hmac_sha256::Hash::hash(&remainder(body, tree)));
    assert_eq!(event.dedupe_key().as_str(), format!("y1-{}", &digest[..32]), "{}", body.escape_ascii());
    let is_same = |other: &[u8]| {
        let key = Event::parse_unverified(other).unwrap().dedupe_key();
        assert_eq!(key, event.dedupe_key(), "{} and its redelivery {}", body.escape_ascii(), other.escape_ascii());
    };
    let members = tree.members().unwrap();
    let retry = members.iter().find(|member| member.key.as_deref() == Some("retry"));
    for count in ["0", "7", "\"3\"", "null", "4294967295"] {
        match (retry, members.first(), members.last()) {
            (Some(retry), ..) if counts(&retry.value) => {
                is_same(&[&body[..retry.value_start], count.as_bytes(), &body[retry.end..]].concat())
            }
            // A first try that has no counter, and a later one that has it, at either end.
            (None, Some(first), Some(last)) => {
                is_same(&[&body[..first.start], b"\"retry\" : ", count.as_bytes(), b" ,\n", &body[first.start..]].concat());
                is_same(&[&body[..last.end], b"\t, \"\\u0072etry\":", count.as_bytes(), &body[last.end..]].concat());
            }
            _ => {}
        }
    }
}

/// Whether a value of `retry` is a counter, and not content: a number, a text of one, or null.
fn counts(value: &Tree<'_>) -> bool {
    match value {
        Tree::Number(_) | Tree::Null => true,
        Tree::Text(Some(text)) => is_number(text),
        _ => false,
    }
}

/// The body without its counter, put together again from its members: each brings along what stands between it and the next.
fn remainder(body: &[u8], tree: &Tree<'_>) -> Vec<u8> {
    let members = tree.members().unwrap();
    let Some(cut) = members.iter().position(|member| member.key.as_deref() == Some("retry") && counts(&member.value)) else {
        return body.to_vec();
    };
    let (first, last) = (members.first().unwrap(), members.last().unwrap());
    let piece = |member: &Member<'_>| body[member.start..member.end].to_vec();
    let gap = |place: usize| body[members[place].end..members[place + 1].start].to_vec();
    let mut text = body[..first.start].to_vec();
    for (place, member) in members.iter().enumerate() {
        // The gap behind goes with the counter; of the last member it is the one before.
        let is_cut = place == cut;
        let is_end = place + 1 == members.len() || (place + 2 == members.len() && cut == place + 1);
        text.extend(if is_cut { Vec::new() } else { piece(member) });
        text.extend(if is_cut || is_end { Vec::new() } else { gap(place) });
    }
    text.extend(&body[last.end..]);
    text
}

fn without_retry<'t>(tree: &Tree<'t>) -> Tree<'t> {
    let members = tree.members().unwrap().iter();
    Tree::Object(members.filter(|member| member.key.as_deref() != Some("retry") || !counts(&member.value)).cloned().collect())
}
