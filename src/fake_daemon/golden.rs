//! Captures that are kept: those of failing tests, and those that others are held against.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::capture::{CaptureFile, Received};
use crate::error::{Error, visible};
use crate::model::Timestamp;
use crate::seam::Environment;
use crate::trace::{Arrival, ExternalParents, PartialTrace, assemble};

/// What a capture file holds.
impl CaptureFile {
    /// The traces, in order of start. Documents that name no trace are in none.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::snapshot::diff;
    /// use xray_phantom::{CaptureFile, FakeDaemon, Recorder, block_on};
    ///
    /// # let folder = std::env::temp_dir().join(format!("golden-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let golden = folder.join("orders.jsonl");
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("OrdersWorker", async |_| {}));
    /// block_on(daemon.save(&golden))?;
    ///
    /// let before = CaptureFile::read(&golden)?.traces();
    /// let after = block_on(daemon.traces())?;
    /// assert_eq!(diff(&before, &after).to_string(), "no difference\n");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn traces(&self) -> Vec<PartialTrace> {
        self.traces_with(&ExternalParents::none())
    }

    /// The traces, where some parents are sent by someone else.
    pub fn traces_with(&self, external: &ExternalParents) -> Vec<PartialTrace> {
        let arrivals = self.datagrams().filter_map(|received| {
            let since_epoch = received.arrived_from_outside();
            Some(Arrival {
                seq: received.seq(),
                arrived: since_epoch.map(|time| Timestamp::from_nanos(0) + time),
                document: Arc::clone(received.document()?),
            })
        });
        assemble(arrivals, external).traces
    }
}

/// Keeps the capture of a test that fails, where `XRAY_PHANTOM_SAVE` names a folder for it.
#[derive(Debug, Default)]
pub(in crate::fake_daemon) struct Keeper {
    folder: Option<PathBuf>,
    /// What the files of this test are called.
    name: String,
    /// The file of this daemon, once there is one.
    file: Mutex<Option<PathBuf>>,
}

impl Keeper {
    /// A keeper for a test that runs on a thread of this name.
    ///
    /// # Errors
    ///
    /// A variable that is not Unicode.
    pub(in crate::fake_daemon) fn of(
        environment: &Environment,
        thread: Option<&str>,
    ) -> Result<Keeper, Error> {
        let folder = environment.variable(SAVE)?;
        Ok(Keeper {
            folder: folder
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from),
            name: file_name(thread.unwrap_or("unnamed")),
            file: Mutex::default(),
        })
    }

    /// Saves a capture, if that is wanted, and says where it is, or why it is not.
    pub(in crate::fake_daemon) fn keep(
        &self,
        received: impl FnOnce() -> Vec<Received>,
    ) -> Option<String> {
        let folder = self.folder.as_ref()?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let path = match &*file {
            Some(path) => Ok(path.clone()),
            None => self.new_file(folder),
        };
        let saved = path.and_then(|path| {
            CaptureFile::write(&path, &received())?;
            Ok(path)
        });
        Some(match saved {
            Ok(path) => {
                let said = format!("the capture is in {}", visible(&path.to_string_lossy()));
                *file = Some(path);
                said
            }
            Err(error) => format!("the capture is not saved: {error}"),
        })
    }

    /// A file that was not there before.
    fn new_file(&self, folder: &Path) -> Result<PathBuf, Error> {
        let failed = |path: &Path, error| {
            Error::io(
                format!("create {}", visible(&path.to_string_lossy())),
                error,
            )
        };
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let mut number = 1_u64;
        loop {
            let path = folder.join(format!("{}-{number}.jsonl", self.name));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(failed(&path, error)),
            }
        }
    }
}

/// A name that every file system takes: `orders::placed` is `orders.placed`.
fn file_name(thread: &str) -> String {
    let name = thread.replace("::", ".");
    let sign = |sign: char| match sign {
        '.' | '-' | '_' => sign,
        sign if sign.is_ascii_alphanumeric() => sign,
        _ => '_',
    };
    let name: String = name.chars().map(sign).take(LONGEST).collect();
    // No hidden file, and none that is the folder above.
    match name.trim_start_matches('.') {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}

/// Names the folder for the captures of failing tests.
const SAVE: &str = "XRAY_PHANTOM_SAVE";
/// File systems take 255 bytes; some of them are for the number.
const LONGEST: usize = 200;
