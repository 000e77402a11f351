//! [`FileIntents`]: intents as files, one each, which several processes may share.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind::NotFound, Write as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{Intent, IntentLog};
use crate::error::{Error, ErrorKind, Result};

/// Log of intents in a folder: a file for each, readable by its owner alone, on the disk before a call returns.
///
/// A file gets its name at once and whole, so several processes may share the folder. Calls block for as long as
/// the disk takes.
///
/// ```
/// # fn main() -> anysms::Result<()> {
/// use anysms::intent::FileIntents;
///
/// let folder = std::env::temp_dir().join("anysms-example-intents");
/// let log = FileIntents::new(folder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileIntents {
    folder: PathBuf,
}

impl FileIntents {
    /// Opens a folder, which is made if there is none.
    ///
    /// # Errors
    /// `Config` if it cannot be made.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        let refuse = |_| {
            Error::not_sent(ErrorKind::Config)
                .with_detail("intents: the folder cannot be made; give one that can be written")
        };
        fs::create_dir_all(&folder).map_err(refuse)?;
        Ok(Self { folder })
    }

    fn path(&self, intent: &Intent) -> PathBuf {
        let mut name = String::with_capacity(69);
        for byte in Sha256::digest(intent.name()) {
            let _ = write!(name, "{byte:02x}"); // to a string it always can
        }
        self.folder.join(name + ".json")
    }

    /// Writes an intent to a file of its own that nobody reads yet.
    fn draft(&self, intent: &Intent) -> io::Result<PathBuf> {
        let path = self.folder.join(format!("{}.draft", crate::random::uuid()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        file.write_all(&serde_json::to_vec(intent)?)?;
        file.sync_all()?;
        Ok(path)
    }

    /// Has the folder itself written, so that a file's name lasts.
    fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.folder)?.sync_all() } else { Ok(()) }
    }

    fn begun(&self, intent: &Intent) -> io::Result<Option<Intent>> {
        let (draft, path) = (self.draft(intent)?, self.path(intent));
        let linked = fs::hard_link(&draft, &path); // fails if the name is taken
        fs::remove_file(draft)?;
        match linked {
            Ok(()) => self.sync().map(|()| None),
            // Taken away between the two calls, it is nobody's: the caller tries again.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(&path).map(Some),
            Err(error) => Err(error),
        }
    }

    fn finished(&self, intent: &Intent, id: &str) -> io::Result<()> {
        let path = self.path(intent);
        let known = match read(&path) {
            Ok(known) => known,
            Err(error) if error.kind() == NotFound => intent.clone(),
            Err(error) => return Err(error),
        };
        let draft = self.draft(&Intent { done: Some(id.to_owned()), ..known })?;
        fs::rename(draft, path)?;
        self.sync()
    }

    fn all_open(&self) -> io::Result<Vec<Intent>> {
        let mut open = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match read(&path) {
                Ok(intent) if intent.done.is_none() => open.push(intent),
                Ok(_) => {}
                Err(error) if error.kind() == NotFound => {} // withdrawn meanwhile
                Err(error) => return Err(error),
            }
        }
        open.sort_by_key(|intent| intent.begun_at);
        Ok(open)
    }
}

fn read(path: &Path) -> io::Result<Intent> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Makes an error of the log's own: what the system says of a file names its path.
fn unavailable<T>(result: io::Result<T>) -> Result<T> {
    let refuse = |_| {
        Error::not_sent(ErrorKind::Unavailable)
            .with_detail("intents: the folder cannot be read or written now")
    };
    result.map_err(refuse)
}

#[async_trait]
impl IntentLog for FileIntents {
    async fn begin(&self, intent: &Intent) -> Result<Option<Intent>> {
        unavailable(self.begun(intent))
    }

    async fn finish(&self, intent: &Intent, id: &str) -> Result<()> {
        unavailable(self.finished(intent, id))
    }

    async fn withdraw(&self, intent: &Intent) -> Result<()> {
        let removed = match fs::remove_file(self.path(intent)) {
            Err(error) if error.kind() == NotFound => Ok(()),
            removed => removed,
        };
        unavailable(removed.and_then(|()| self.sync()))
    }

    async fn find(&self, intent: &Intent) -> Result<Option<Intent>> {
        match read(&self.path(intent)) {
            Err(error) if error.kind() == NotFound => Ok(None),
            found => unavailable(found.map(Some)),
        }
    }

    async fn open(&self) -> Result<Vec<Intent>> {
        unavailable(self.all_open())
    }
}
