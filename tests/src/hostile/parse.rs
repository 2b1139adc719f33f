//! Reading a body: only the documented codes, and the view that the rules tell.

use yuno_webhooks::{Event, OwnedEvent, Recency};

use super::reading::{self, Unread};
use super::tree::Tree;
use crate::view;

/// A body.
pub(super) fn check(body: &[u8]) {
    let event = match (Event::parse_unverified(body), reading::tree(body)) {
        // Too deep for the other reader: that this one comes to an end is what is seen.
        (_, Err(Unread::Deep)) => return,
        (Ok(event), Ok(_)) => event,
        (Err(error), Err(Unread::Refused(code))) => return assert_eq!(error.code().name(), code, "{}", body.escape_ascii()),
        (seen, expected) => panic!("{:?}, but should be {:?}: {}", seen.err(), expected.err(), body.escape_ascii()),
    };
    check_event(&event, body);
    assert_eq!((event.signed(), event.secret_index()), (false, None));
    let owned = OwnedEvent::parse_unverified(body.to_vec()).unwrap();
    assert_eq!(view(&owned.as_event()), view(&event));
}

/// What must hold of every event, however it was made.
pub(super) fn check_event(event: &Event<'_>, body: &[u8]) {
    assert_eq!(event.raw().as_ptr_range(), body.as_ptr_range(), "what was verified is what is parsed");
    let Ok(tree) = reading::tree(body) else { return };
    let seen = view(event);
    for (name, expected) in reading::view(&tree) {
        assert_eq!(seen[&name], expected, "{name}: {}", body.escape_ascii());
    }
    let data = Tree::read(event.data()).unwrap_or_else(|_| panic!("data is no JSON: {}", body.escape_ascii()));
    assert!(same(&data, reading::data(&tree)), "data: {}", body.escape_ascii());
    assert_eq!(event.compare_recency(event), Recency::Same);
    // What people print of an event never grows with it.
    assert!(format!("{event:?}").len() < 2000);
}

/// Whether two trees hold the same values, wherever they stand.
pub(super) fn same(one: &Tree<'_>, other: &Tree<'_>) -> bool {
    match (one, other) {
        (Tree::Object(one), Tree::Object(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.key == other.key && same(&one.value, &other.value))
        }
        (Tree::List(one), Tree::List(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other)),
        _ => one == other,
    }
}
