//! When the provider tries to deliver.

use core::mem::MaybeUninit;
use core::time::Duration;

use yuno_webhooks::{ErrorCode, Schedule as Core, Since as CoreSince};

use crate::error::{Error, StatusNumber};
use crate::guard::{attempt, guard, make};
use crate::pointers::list;

/// When the provider tries to deliver, and how long it waits for an acknowledgement. Times are whole seconds.
/// Made by `yuno_schedule_new`, freed by `yuno_schedule_free`. It never changes and may be read by many threads at once.
pub struct Schedule {
    own: Core,
    offsets: Vec<Duration>,
}

/// From when a schedule's delays count. The provider's pages can be read either way.
#[repr(i32)]
#[expect(non_camel_case_types, reason = "the names are those of the header")]
pub enum Since {
    /// Each delay counts from the try before it: the documented ones make 7 days, 6 hours and 55 minutes in all. The one to plan for.
    YUNO_SINCE_PREVIOUS_TRY = 0,
    /// Each delay counts from the first try: the documented ones make 4 days in all.
    YUNO_SINCE_FIRST_TRY = 1,
}

/// A reading on its way in: any number.
/// cbindgen:ignore
type SinceNumber = i32;

const PREVIOUS_TRY: SinceNumber = Since::YUNO_SINCE_PREVIOUS_TRY as SinceNumber;
const FIRST_TRY: SinceNumber = Since::YUNO_SINCE_FIRST_TRY as SinceNumber;

/// Makes a schedule. `delays` are one a try, the first of them 0; `waits` are how long an acknowledgement is waited for, of which the last holds for all
/// later tries. NULL for either stands for what the provider documents.
///
/// Errors: YUNO_INVALID_LIMIT (a list is empty, the first delay is not 0, or a try is not after the one before it); YUNO_INVALID_ARGUMENT (`since` is none
/// of its numbers, a length cannot be right), YUNO_NULL_POINTER, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_new(
    since: SinceNumber,
    delays: *const u64,
    delays_len: usize,
    waits: *const u64,
    waits_len: usize,
    schedule: Option<&mut MaybeUninit<Option<Box<Schedule>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(schedule, error, || {
        let (since, documented) = match since {
            PREVIOUS_TRY => (CoreSince::PreviousTry, Core::SINCE_PREVIOUS_TRY),
            FIRST_TRY => (CoreSince::FirstTry, Core::SINCE_FIRST_TRY),
            _ => return Err(ErrorCode::InvalidArgument.into()),
        };
        let own = |seconds: &[u64]| seconds.iter().copied().map(Duration::from_secs).collect::<Vec<_>>();
        let delays = list(delays, delays_len)?.map_or(documented.delays().to_vec(), own);
        let waits = list(waits, waits_len)?.map_or(documented.waits().to_vec(), own);
        let own = Core::new(since, &delays, &waits)?;
        Ok(Schedule { offsets: own.offsets(), own })
    })
}

/// Frees a schedule; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_free(schedule: Option<Box<Schedule>>) {
    guard((), || drop(schedule));
}

/// How many tries there are.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_offset_count(schedule: Option<&Schedule>) -> usize {
    guard(0, || schedule.map_or(0, |schedule| schedule.offsets.len()))
}

/// When this try comes, in seconds from the first; 0 is the first, which comes at 0. Beyond the last try, 0.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_offset(schedule: Option<&Schedule>, retry: usize) -> u64 {
    guard(0, || schedule.and_then(|schedule| schedule.offsets.get(retry)).map_or(0, Duration::as_secs))
}

/// From the first try to the last, in seconds.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_total(schedule: Option<&Schedule>) -> u64 {
    guard(0, || schedule.map_or(0, |schedule| schedule.own.total().as_secs()))
}

/// The shortest time for which bodies may be kept, in seconds: the schedule's whole days and one day more. Keys are kept for ever.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_minimum_retention(schedule: Option<&Schedule>) -> u64 {
    guard(0, || schedule.map_or(0, |schedule| schedule.own.minimum_retention().as_secs()))
}

/// How long the provider waits for an acknowledgement of this try, in seconds; 0 is the first.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_acknowledgement_wait(schedule: Option<&Schedule>, retry: u32) -> u64 {
    guard(0, || schedule.map_or(0, |schedule| schedule.own.acknowledgement_wait(retry).as_secs()))
}

/// Checks for how many seconds bodies are kept.
///
/// Errors: YUNO_RETENTION_TOO_SHORT if one could be removed while the provider may still deliver it again; YUNO_NULL_POINTER, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_schedule_check_retention(schedule: Option<&Schedule>, seconds: u64) -> StatusNumber {
    attempt(None, || schedule.ok_or(ErrorCode::NullPointer)?.own.check_retention(Duration::from_secs(seconds)))
}
