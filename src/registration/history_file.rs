//! [`FileRegistrationHistory`]: the history in a file, a line of JSON for each step.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind::NotFound, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;

use super::{RegistrationHistory, RegistrationStep};
use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
};

/// History in a file of JSON lines, readable by its owner alone. Several processes may add to it.
///
/// A line that broke off when a process died is passed over, and the next step begins a line of its own. Calls block
/// for as long as the disk takes.
///
/// ```
/// use anysms::registration::FileRegistrationHistory;
///
/// # fn main() -> anysms::Result<()> {
/// let file = std::env::temp_dir().join("anysms-example-registrations.jsonl");
/// let history = FileRegistrationHistory::new(file)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileRegistrationHistory {
    path: PathBuf,
}

impl FileRegistrationHistory {
    /// Opens a file, which the first step makes.
    ///
    /// # Errors
    /// `Config` if its folder cannot be made.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|_| {
                Error::not_sent(ErrorKind::Config).with_detail(
                    "registrations: the folder of the file cannot be made; give one that can be written",
                )
            })?;
        }
        Ok(Self { path })
    }

    fn add(&self, step: &RegistrationStep) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        let mut line = serde_json::to_vec(step)?;
        line.push(b'\n');
        if broke_off(&mut file)? {
            line.insert(0, b'\n');
        }
        file.write_all(&line)?; // one call, so that steps of two processes do not mix
        file.sync_data()
    }
}

/// Returns `true` if the last line has no end.
fn broke_off(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != [b'\n'])
}

fn read(path: &Path) -> io::Result<Vec<RegistrationStep>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// Makes an error of the history's own: what the system says of a file names its path.
fn unavailable<T>(result: io::Result<T>) -> Result<T> {
    result.map_err(|_| {
        Error::not_sent(ErrorKind::Unavailable)
            .with_detail("registrations: the file of the history cannot be read or written now")
    })
}

#[async_trait]
impl RegistrationHistory for FileRegistrationHistory {
    async fn append(&self, step: &RegistrationStep) -> Result<()> {
        unavailable(self.add(step))
    }

    async fn steps(&self, account: &AccountKey) -> Result<Vec<RegistrationStep>> {
        let mut all = unavailable(read(&self.path))?;
        all.retain(|step| step.account == *account);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{
        super::{
            MemoryRegistrationHistory, Registration, RegistrationId, RegistrationKind,
            RegistrationState, StepCause,
        },
        *,
    };
    use crate::provider_id::ProviderId;

    fn account(id: &str) -> AccountKey {
        AccountKey::new(ProviderId::from_static("acme"), id.into())
    }

    fn step(owner: &str, to: RegistrationState, cause: StepCause) -> RegistrationStep {
        RegistrationStep {
            at: Timestamp::now(),
            account: account(owner),
            name: "club".to_owned(),
            id: RegistrationId::new(RegistrationKind::Brand, "B1"),
            from: RegistrationState::Draft,
            to,
            word: to.as_str().to_owned(),
            cause,
            reasons: Vec::new(),
            edit_until: None,
            fees: None,
            form: None,
        }
    }

    #[tokio::test]
    async fn memory_and_a_file_keep_the_steps_of_each_account_in_their_order() {
        let path = std::env::temp_dir().join(format!("anysms-steps-{}", crate::random::uuid()));
        let file = FileRegistrationHistory::new(&path).unwrap();
        let memory = MemoryRegistrationHistory::new();
        for history in [&file as &dyn RegistrationHistory, &memory] {
            assert!(history.steps(&account("a")).await.unwrap().is_empty());
            let submitted = step("a", RegistrationState::Submitted, StepCause::Submitted);
            let approved = step("a", RegistrationState::Approved, StepCause::Word);
            let other = step("b", RegistrationState::Submitted, StepCause::Submitted);
            for step in [&submitted, &other, &approved] {
                history.append(step).await.unwrap();
            }
            assert_eq!(history.steps(&account("a")).await.unwrap(), [submitted, approved]);
            assert_eq!(history.steps(&account("b")).await.unwrap(), [other]);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_line_that_broke_off_costs_no_other() {
        let path = std::env::temp_dir().join(format!("anysms-steps-{}", crate::random::uuid()));
        let history = FileRegistrationHistory::new(&path).unwrap();
        let submitted = step("a", RegistrationState::Submitted, StepCause::Submitted);
        history.append(&submitted).await.unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in [1, 2, 20, whole.len() - 1] {
            let mut torn = whole.clone();
            torn.extend_from_slice(&whole[..cut]);
            fs::write(&path, torn).unwrap();
            history.append(&step("a", RegistrationState::Approved, StepCause::Word)).await.unwrap();
            let steps = history.steps(&account("a")).await.unwrap();
            let known = Registration::from_steps(&steps).unwrap();
            assert_eq!(known.state, RegistrationState::Approved, "{cut}");
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_two_programs_wrote_at_once_never_goes_back() {
        use RegistrationState::{Approved, Deleted, InReview, Rejected, Submitted};
        let steps = [
            step("a", Submitted, StepCause::Submitted),
            step("a", Approved, StepCause::Word),
            step("a", InReview, StepCause::Word), // read before the one above, written after it
            step("a", Submitted, StepCause::Submitted),
        ];
        let known = Registration::from_steps(&steps).unwrap();
        assert_eq!((known.state, known.vendor_state.as_str()), (Approved, "approved"));
        assert!(known.next_check.is_some());
        let ended = [&steps[..], &[step("a", Rejected, StepCause::Word)]].concat();
        assert_eq!(Registration::from_steps(&ended).unwrap().next_check, None);
        // The name of one that is gone is free again.
        let mut anew = step("a", Submitted, StepCause::Submitted);
        anew.id = RegistrationId::new(RegistrationKind::Brand, "B2");
        let steps = [&ended[..], &[step("a", Deleted, StepCause::Deleted), anew]].concat();
        let known = Registration::from_steps(&steps).unwrap();
        assert_eq!((known.id.value(), known.state), ("B2", Submitted));
    }
}
