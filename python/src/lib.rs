//! The Python binding: converts in, calls the core, converts out. Rules live in the core.

mod data;
mod errors;
mod event;
mod inbox;
mod inputs;
mod tables;
mod testing;
mod verifier;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The extension module; the package `yuno_webhooks` is its door.
#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::event::{Amount, Event, Resource, Transaction};
    #[pymodule_export]
    use super::inbox::{
        Backoff, inbox_check_redis, inbox_error, inbox_error_text, inbox_migrations, inbox_partition, inbox_partitions, inbox_reaches,
        inbox_row, inbox_row_of_unreadable, inbox_statements,
    };
    #[pymodule_export]
    use super::tables::{CatalogRow, ErrorCode, Reply, Schedule, catalog, error_codes, finality};
    #[pymodule_export]
    use super::testing::{sample, sign};
    #[pymodule_export]
    use super::verifier::Verifier;
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("FIXED_PATHS", PyTuple::new(module.py(), yuno_webhooks::FIXED_PATHS)?)?;
        module.add("INBOX_RACE_SQLSTATE", yuno_webhooks::inbox::RACE_SQLSTATE)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
