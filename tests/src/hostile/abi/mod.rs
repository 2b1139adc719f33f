//! The C ABI as a whole: any sequence of calls with any bytes that its header allows. Memory is of exactly the size that is told, so that under ASan a
//! byte beyond it is seen; what is taken back is freed once.

mod caller;
mod header;

use std::ptr;

use arbitrary::{Arbitrary, Result, Unstructured};
use caller::{Caller, Kind, free, look, numbers};
use header::*;

const BOUNDARY: [i32; 2] = [1, 4];
const CONFIGURATION: [i32; 5] = [10, 11, 12, 13, 14];
const VERIFICATION: [i32; 12] = [1, 4, 20, 21, 22, 23, 24, 25, 26, 31, 32, 33];
const PARSING: [i32; 5] = [1, 4, 31, 32, 33];

/// Calls and their arguments, taken from the bytes until there are none.
pub(super) fn check(input: &[u8]) {
    let mut caller = Caller { input: Unstructured::new(input), handles: Vec::new(), texts: Vec::new() };
    while !caller.input.is_empty() && caller.call().is_ok() {
        caller.texts.clear();
    }
    for (kind, handle) in caller.handles {
        free(kind, handle);
    }
}

impl<'u> Caller<'u> {
    // SAFETY of every call below: pointers are NULL or point to as many values as is told, which live until the call returns; handles are alive and
    // of their type.
    fn call(&mut self) -> Result<()> {
        match self.input.int_in_range(0..=15)? {
            0 => self.verifier_new(),
            1 => self.verify(),
            2 => {
                let (body, len) = self.bytes()?;
                self.make(Kind::Event, &PARSING, |event, error| unsafe { yuno_event_parse_unverified(body, len, event, error) })
            }
            3 => self.read_event(),
            4 => self.compare(),
            5 => self.schedule(),
            6 => self.catalog(),
            7 => self.sql(),
            8 => self.row(),
            9 => self.sign(),
            10 => self.sample(),
            11 => self.error_text(),
            12 => self.status(),
            13 => self.admit(),
            14 => self.delay(),
            _ => {
                if self.handles.is_empty() {
                    return Ok(());
                }
                let place = self.input.choose_index(self.handles.len())?;
                let (kind, handle) = self.handles.swap_remove(place);
                free(kind, handle);
                Ok(())
            }
        }
    }

    fn verifier_new(&mut self) -> Result<()> {
        let (secrets, hmac_secrets) = self.list(3, Self::text)?;
        let (keys, api_keys) = self.list(1, Self::text)?;
        let (others, x_secrets) = self.list(1, Self::text)?;
        let mut values = Vec::new();
        let (required, required_headers) = self.list(2, |caller| {
            let (name, (accepted, accepted_data)) = (caller.text()?, caller.list(2, Self::text)?);
            let header = RequiredHeader { name, values: accepted_data, values_len: accepted.len() };
            values.push(accepted);
            Ok(header)
        })?;
        let limit: usize = self.input.arbitrary()?;
        let options = VerifierOptions {
            size: size_of::<VerifierOptions>(),
            hmac_secrets,
            hmac_secrets_len: secrets.len(),
            api_keys,
            api_keys_len: keys.len(),
            x_secrets,
            x_secrets_len: others.len(),
            required_headers,
            required_headers_len: required.len(),
            max_body_bytes: if self.input.ratio(1, 4)? { &raw const limit } else { ptr::null() },
            is_unsigned: self.input.ratio(1, 4)?,
        };
        let codes = [&BOUNDARY[..], &CONFIGURATION].concat();
        let given = self.grown(&options)?;
        self.make(Kind::Verifier, &codes, |verifier, error| unsafe { yuno_verifier_new(given.cast(), verifier, error) })?;
        self.make(Kind::Verifier, &codes, |verifier, error| unsafe { yuno_verifier_from_env(verifier, error) })
    }

    fn verify(&mut self) -> Result<()> {
        let verifier = self.handle(Kind::Verifier)?;
        let (body, len) = self.bytes()?;
        let mut signature = [0_u8; 44];
        if len <= isize::MAX.unsigned_abs() && (!body.is_null() || len == 0) {
            let secret = Str::of(b"whsec-one");
            let status = unsafe { yuno_sign(body, len, secret, signature.as_mut_ptr().cast(), 44, ptr::null_mut()) };
            assert_eq!(status, 0);
        }
        let (headers, data) = self.list(4, |caller| {
            if bool::arbitrary(&mut caller.input)? {
                return Ok(Header { name: Str::of(b"X-Hmac-Signature"), value: caller.keep(&signature) });
            }
            Ok(Header { name: caller.text()?, value: caller.text()? })
        })?;
        self.make(Kind::Event, &VERIFICATION, |event, error| unsafe {
            yuno_verify(verifier, body, len, data, headers.len(), event, error)
        })?;
        let name = self.text()?;
        let reads = unsafe { (yuno_verifier_reads_header(verifier, name), yuno_verifier_max_body_bytes(verifier)) };
        assert!(!verifier.is_null() || reads == (false, 0));
        Ok(())
    }

    fn read_event(&mut self) -> Result<()> {
        let event = self.handle(Kind::Event)?;
        let raw = look(unsafe { yuno_event_raw(event) });
        let mut seen = Vec::new();
        // Twice, as a text that is made at first is kept.
        for _ in 0..2 {
            let texts: Vec<_> = EVENT_TEXTS.iter().map(|text| unsafe { text(event) }).collect();
            seen.push(texts.iter().map(|text| (text.data, text.len)).collect::<Vec<_>>());
            for text in texts {
                assert!(str::from_utf8(look(text)).is_ok());
            }
        }
        assert_eq!(seen[0], seen[1], "a text moved");
        let is_whole = EVENT_SURE_TEXTS.iter().all(|text| str::from_utf8(look(unsafe { text(event) })).is_ok_and(|text| !text.is_empty()));
        assert!(is_whole || event.is_null(), "an event without what every event has");
        assert_eq!(raw.is_empty(), event.is_null());
        for flag in EVENT_FLAGS {
            assert!(!unsafe { flag(event) } || !event.is_null());
        }
        numbers(event, EVENT_NUMBERS);
        numbers(event, EVENT_COUNTERS);
        numbers(event, &[yuno_event_secret_index as unsafe extern "C" fn(Handle, *mut usize) -> bool]);
        Ok(())
    }

    fn compare(&mut self) -> Result<()> {
        let (event, other) = (self.handle(Kind::Event)?, self.handle(Kind::Event)?);
        let (there, back) = unsafe { (yuno_event_compare_recency(event, other), yuno_event_compare_recency(other, event)) };
        let mirrored = match there {
            2 => 3,
            3 => 2,
            0 | 1 | 4 => there,
            _ => panic!("recency {there}"),
        };
        assert_eq!(back, mirrored);
        let mut newer = true;
        let is_told = unsafe { yuno_event_is_newer_than(event, other, &raw mut newer) };
        assert_eq!((is_told, newer), (matches!(there, 1..=3), there == 2));
        assert_eq!(unsafe { yuno_event_is_newer_than(event, other, ptr::null_mut()) }, is_told);
        Ok(())
    }

    fn schedule(&mut self) -> Result<()> {
        let (delays, delays_data) = self.list(8, |caller| caller.input.arbitrary::<u64>())?;
        let (waits, waits_data) = self.list(3, |caller| caller.input.arbitrary::<u64>())?;
        let since = self.input.int_in_range(-1..=2)?;
        self.make(Kind::Schedule, &[1, 4, 14], |schedule, error| unsafe {
            yuno_schedule_new(since, delays_data, delays.len(), waits_data, waits.len(), schedule, error)
        })?;
        let (schedule, retry) = (self.handle(Kind::Schedule)?, self.input.arbitrary()?);
        for time in SCHEDULE_TIMES {
            unsafe { time(schedule) };
        }
        unsafe {
            assert_eq!(yuno_schedule_offset_count(schedule) == 0, schedule.is_null());
            yuno_schedule_offset(schedule, usize::from(retry));
            yuno_schedule_acknowledgement_wait(schedule, u32::from(retry));
            let status = yuno_schedule_check_retention(schedule, u64::from(retry) * 100);
            assert!([0, 1, 42].contains(&status), "status {status}");
        }
        let _: u8 = retry;
        Ok(())
    }

    fn catalog(&mut self) -> Result<()> {
        let place = || move |input: &mut Unstructured<'u>| if input.ratio(1, 4)? { input.arbitrary() } else { input.int_in_range(0..=130) };
        let (row, index) = (place()(&mut self.input)?, place()(&mut self.input)?);
        for text in INDEXED_TEXTS {
            look(unsafe { text(row) });
        }
        for text in TWICE_INDEXED_TEXTS {
            look(unsafe { text(row, index) });
        }
        for count in INDEXED_COUNTS {
            assert!(unsafe { count(row) } < 20);
        }
        for count in COUNTS {
            assert!((1..1000).contains(&unsafe { count() }));
        }
        let (family, status, sub_status) = (self.text()?, self.text()?, self.text()?);
        let finality = look(unsafe { yuno_finality(family, status, sub_status) });
        assert!([&b"pending"[..], b"settled", b"final", b"unknown"].contains(&finality));
        assert!(!look(unsafe { yuno_version() }).is_empty());
        Ok(())
    }

    fn sql(&mut self) -> Result<()> {
        let (store, statement, index, version) =
            (self.text()?, self.text()?, usize::from(u8::arbitrary(&mut self.input)?), self.input.int_in_range(0..=9)?);
        self.make(Kind::Sql, &BOUNDARY, |sql, error| unsafe { yuno_inbox_sql_new(store, sql, error) })?;
        let sql = self.handle(Kind::Sql)?;
        look(unsafe { yuno_inbox_sql_text(sql, statement) });
        let is_there = !look(unsafe { yuno_inbox_parameter(statement, index) }).is_empty();
        assert_eq!(is_there, index < unsafe { yuno_inbox_parameter_count(statement) });
        let (mut count, mut error) = (usize::MAX, Error::UNWRITTEN);
        let status = unsafe { yuno_inbox_migration_count(store, version, &raw mut count, &raw mut error) };
        assert!([0, 1, 4, 43].contains(&status) && error.code == status, "status {status}");
        assert!(status == 0 || count == 0);
        assert_eq!(!look(unsafe { yuno_inbox_migration(store, version, index) }).is_empty(), index < count);
        Ok(())
    }

    fn row(&mut self) -> Result<()> {
        let event = self.handle(Kind::Event)?;
        self.make(Kind::Row, &[1], |row, error| unsafe { yuno_inbox_row_new(event, row, error) })?;
        let ((body, len), why) = (self.bytes()?, self.error()?);
        self.make(Kind::Row, &BOUNDARY, |row, error| unsafe { yuno_inbox_row_of_unreadable(body, len, &raw const why, row, error) })?;
        let row = self.handle(Kind::Row)?;
        let texts: Vec<_> = ROW_TEXTS.iter().map(|text| look(unsafe { text(row) })).collect();
        assert!(texts.iter().all(|text| str::from_utf8(text).is_ok()));
        assert_eq!(texts[0].is_empty(), row.is_null());
        numbers(row, ROW_NUMBERS);
        Ok(())
    }

    fn sign(&mut self) -> Result<()> {
        let ((body, len), secret, size) = (self.bytes()?, self.text()?, self.input.int_in_range(0..=50)?);
        let mut room = vec![0_u8; size].into_boxed_slice();
        let mut needed = usize::MAX;
        let status = unsafe { yuno_sign(body, len, secret, room.as_mut_ptr().cast(), size, &raw mut needed) };
        assert!([0, 1, 2, 4].contains(&status), "status {status}");
        assert_eq!(needed, if status == 0 || status == 2 { 44 } else { 0 });
        assert!(status == 0 || room.iter().all(|byte| *byte == 0), "written on failure");
        Ok(())
    }

    fn sample(&mut self) -> Result<()> {
        let mut texts = [Str::ABSENT; 13];
        for text in &mut texts {
            *text = if self.input.ratio(1, 4)? { self.text()? } else { Str::ABSENT };
        }
        if self.input.ratio(7, 8)? {
            texts[0] = Str::of(b"payment.purchase");
        }
        let options = SampleOptions {
            size: size_of::<SampleOptions>(),
            texts,
            retry: self.input.arbitrary()?,
            without_retry: self.input.arbitrary()?,
        };
        let given = self.grown(&options)?;
        self.make(Kind::Sample, &BOUNDARY, |sample, error| unsafe { yuno_sample_new(given.cast(), sample, error) })?;
        let sample = self.handle(Kind::Sample)?;
        let body = look(unsafe { yuno_sample_body(sample) });
        if !sample.is_null() {
            let body = self.keep(body);
            // Whatever its texts are, a sample is an event.
            self.make(Kind::Event, &[1], |event, error| unsafe { yuno_event_parse_unverified(body.data.cast(), body.len, event, error) })?;
        }
        Ok(())
    }

    fn error_text(&mut self) -> Result<()> {
        let (error, size) = (self.error()?, self.input.int_in_range(0..=600)?);
        let given = if self.input.ratio(1, 16)? { ptr::null() } else { &raw const error };
        let mut room = vec![b'x'; size].into_boxed_slice();
        let mut needed = usize::MAX;
        let status = unsafe { yuno_error_text(given, room.as_mut_ptr().cast(), size, &raw mut needed) };
        assert!([0, 1, 2, 4].contains(&status), "status {status}");
        // The hint is the caller's here and may hold a NUL, so the one at the end is looked for where it must be.
        match status {
            0 => assert_eq!(room[needed - 1], 0),
            2 => assert!(needed > size && room.last().is_none_or(|last| *last == 0)),
            _ => assert!(needed == 0 && room.first().is_none_or(|first| *first == 0)),
        }
        let reply = unsafe { yuno_reply_to_error(given, self.input.arbitrary()?) };
        assert!([200, 400, 401, 413, 415, 500, 503].contains(&reply.status), "{}", reply.status);
        look(reply.body);
        Ok(())
    }

    fn status(&mut self) -> Result<()> {
        let number = if bool::arbitrary(&mut self.input)? { self.input.int_in_range(-1..=60)? } else { self.input.arbitrary()? };
        let texts: Vec<_> = STATUS_TEXTS.iter().map(|text| look(unsafe { text(number) })).collect();
        let is_error = unsafe { yuno_status_http_status(number) } != 0;
        assert!(texts.iter().all(|text| text.is_empty() != is_error));
        let mut out = -77;
        let name = if is_error { self.keep(texts[0]) } else { self.text()? };
        let is_known = unsafe { yuno_status_from_name(name, &raw mut out) };
        assert_eq!((is_known, out), if is_error { (true, number) } else { (is_known, out) });
        assert!(is_known || out == 0);
        unsafe { yuno_status_at(self.input.arbitrary()?) };
        let (kept, later) = unsafe { (yuno_reply_received(), yuno_reply_try_again()) };
        assert_eq!((kept.status, later.status), (200, 503));
        Ok(())
    }

    fn admit(&mut self) -> Result<()> {
        let (verifier, length, encoding) = (self.handle(Kind::Verifier)?, self.text()?, self.text()?);
        let mut error = Error::UNWRITTEN;
        let status = unsafe { yuno_verifier_admit(verifier, length, encoding, &raw mut error) };
        assert!([0, 1, 4, 26, 27].contains(&status) && error.code == status, "status {status}");
        Ok(())
    }

    fn delay(&mut self) -> Result<()> {
        let (first, most, attempts, number, random) = <(u64, u64, u32, u32, u32)>::arbitrary(&mut self.input)?;
        let (mut again, mut delay) = (true, u64::MAX);
        let status = unsafe { yuno_inbox_delay(first, most, attempts, number, random, &raw mut again, &raw mut delay) };
        assert!(status == 0 || (status == 14 && !again), "status {status}");
        assert!(if again { delay <= most } else { delay == 0 });
        Ok(())
    }
}
