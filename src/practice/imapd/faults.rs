//! What goes wrong at the practice IMAP server, as switches, and what its clients did, as a record.

/// How one command goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The command's data, then a tagged NO.
    NoAfterData,
    /// Nothing but a tagged NO.
    No,
    /// Nothing but a tagged BAD.
    Bad,
    /// The first so many bytes of the answer, then the end of the stream.
    Cut {
        /// Bytes sent.
        after_bytes: usize,
    },
    /// Silence; the connection stays open. At IDLE: accepted, then no news of anything.
    Hang,
    /// The connection ends before any answer. What the command changes is not changed.
    Drop,
    /// The command is obeyed, then the connection ends before any answer.
    DropAfter,
    /// Only for FETCH of a body: the literal is announced with that size, three bytes follow, then silence.
    LiteralLie {
        /// Announced size in bytes.
        bytes: u64,
    },
    /// `* BYE`, then the end of the stream.
    Bye,
}

#[derive(Debug, Clone)]
struct Rule {
    /// Command it waits for; `None`: any.
    command: Option<String>,
    /// So many matching commands pass before it strikes.
    skip: u32,
    /// So often it strikes.
    times: u32,
    fault: Fault,
}

/// The faults that are set, and what the clients were seen to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    rules: Vec<Rule>,
    pub(super) hide_move: bool,
    pub(super) hide_idle: bool,
    pub(super) lose_exists: u32,
    pub(super) omitted: Vec<u32>,
    pub(super) overstated: u32,
    pub(super) blank: u32,
    pub(super) commands: Vec<String>,
    pub(super) forbidden: Vec<String>,
    /// Grows with each "drop all connections".
    pub(super) dropped: u64,
    pub(super) connections: u64,
    pub(super) idling: usize,
}

impl Record {
    /// The fault that strikes at this command, used up by being asked.
    pub(super) fn strike(&mut self, command: &str) -> Option<Fault> {
        let mut struck = None;
        for rule in &mut self.rules {
            if rule.times == 0 || rule.command.as_deref().is_some_and(|name| name != command) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip = rule.skip.saturating_sub(1);
            } else if struck.is_none() {
                rule.times = rule.times.saturating_sub(1);
                struck = Some(rule.fault.clone());
            }
        }
        self.rules.retain(|rule| rule.times > 0);
        struck
    }

    pub(super) fn add(&mut self, command: Option<&str>, skip: u32, times: u32, fault: Fault) {
        let command = command.map(str::to_ascii_uppercase);
        self.rules.push(Rule { command, skip, times, fault });
    }

    pub(super) fn pending(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
        self.hide_move = false;
        self.hide_idle = false;
        self.lose_exists = 0;
        self.omitted.clear();
        self.overstated = 0;
        self.blank = 0;
    }
}

/// The switches of an [`super::Imapd`].
#[derive(Clone)]
pub struct Faults(pub(super) crate::practice::board::Board<super::Shared>);

impl Faults {
    /// The next `command` goes wrong. Names as in RFC 9051, upper case, without `UID`; `CONNECT` is the greeting.
    pub fn at(&self, command: &str, fault: Fault) {
        self.repeat(command, 1, fault);
    }

    /// The next `times` commands of that name go wrong.
    pub fn repeat(&self, command: &str, times: u32, fault: Fault) {
        self.0.change(|shared| shared.record.add(Some(command), 0, times, fault));
    }

    /// The n-th `command` from now goes wrong, 1 being the next.
    pub fn at_nth(&self, command: &str, nth: u32, fault: Fault) {
        self.0.change(|shared| shared.record.add(Some(command), nth.saturating_sub(1), 1, fault));
    }

    /// The n-th command of any kind from now goes wrong (the greeting counts), 1 being the next.
    pub fn at_any(&self, nth: u32, fault: Fault) {
        self.0.change(|shared| shared.record.add(None, nth.saturating_sub(1), 1, fault));
    }

    /// All connections end now, without a word.
    pub fn drop_connections(&self) {
        self.0.change(|shared| shared.record.dropped = shared.record.dropped.saturating_add(1));
    }

    /// IDLE is answered NO (a server that lists it and refuses it) so many times.
    pub fn refuse_idle(&self, times: u32) {
        self.repeat("IDLE", times, Fault::No);
    }

    /// Whether MOVE is missing from the capabilities and refused.
    pub fn without_move(&self, without: bool) {
        self.0.change(|shared| shared.record.hide_move = without);
    }

    /// Whether IDLE is missing from the capabilities and refused.
    pub fn without_idle(&self, without: bool) {
        self.0.change(|shared| shared.record.hide_idle = without);
    }

    /// The next `times` announcements of new mail (`EXISTS`) are never sent.
    pub fn lose_exists(&self, times: u32) {
        self.0.change(|shared| shared.record.lose_exists = times);
    }

    /// FETCH leaves these UIDs out although they are there and SEARCH shows them; an empty list ends it.
    pub fn omit(&self, uids: &[u32]) {
        self.0.change(|shared| shared.record.omitted = uids.to_vec());
    }

    /// RFC822.SIZE says so many bytes more than there are: some servers only estimate it.
    pub fn overstate_sizes(&self, bytes: u32) {
        self.0.change(|shared| shared.record.overstated = bytes);
    }

    /// The next `times` fetches of mails bring empty ones, whatever RFC822.SIZE says.
    pub fn blank_mails(&self, times: u32) {
        self.0.change(|shared| shared.record.blank = times);
    }

    /// How many faults have not struck yet: 0 at the end of a test proves that each was met.
    pub fn pending(&self) -> usize {
        self.0.look(|shared| shared.record.pending())
    }

    /// All is well again.
    pub fn clear(&self) {
        self.0.change(|shared| shared.record.clear());
    }
}
