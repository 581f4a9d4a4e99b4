//! sir-intake takes in reports of vulnerabilities by mail, loses none, and walks each through the security team's runbook.
//!
//! **The journal is the truth, a case is a fold over its events, and only the outbox changes the world.**
//!
//! ```text
//!  mailbox  (IMAP) ──┐                                                                    ┌─> GitHub   (lane github)
//!  issues   (polled) ┤
//!  clock    (ticks) ─┼─> store raw ──> read ──> whose? which case? ──> decide ──> COMMIT ─┼─> reporter (lane letters)
//!  operator (CLI)  ──┘   (durable)     pure     look-ups, sort: pure    pure    one txn   ├─> members  (lane members)
//!                                                                        ^                └─> Discord  (lane discord)
//!                                                                        │                        │
//!                                                                        └── how it went is an input ┘
//! ```
//!
//! # How a mail becomes a case
//!
//! 1. **Look** (`daemon/poll.rs`, `wire/imap/`): all folders are opened, what the server shows is compared with what is
//!    held, the rest is fetched with `BODY.PEEK`. `daemon/vigil.rs` does so for ever (IDLE, cron, back-off).
//! 2. **Hold** (`store/intake.rs`): raw bytes and place (folder, UIDVALIDITY, UID) in one transaction; the high-water mark
//!    follows and passes no UID that is not held. From here on nothing can lose the mail. Only then is it marked on the
//!    server, and nobody relies on that mark.
//! 3. **Read** (`daemon/desk.rs`, `mail/`, `report/`): on a thread of its own, behind a counter of attempts that was written
//!    first. Any bytes give a `Letter`. What kills the reader three times is read by its header
//!    alone; what kills that three times is parked, and people are told. What may become a case is compared with public
//!    records and earlier cases (`daemon/check.rs`, `known/`), within bounds of time; a fault of the mirror stops no mail. In a
//!    flood the cases begin first, and their pages wait for the comparison for three seconds at most.
//! 4. **Find its case** (`daemon/desk.rs`, `mail/thread.rs`, `render/code.rs`): code, ids, tag. They must agree.
//! 5. **Sort** (`case/decide/sort.rs`): exactly one fate: new case, reply, stranger's mail on a case, delivery news, our own
//!    mail come back, second copy, history, waiting, screened.
//! 6. **Steer** (`daemon/commanded.rs`, `daemon/steer.rs`, `case/command/`, `case/decide/command/`): a mail of a member that
//!    begins with commands is one decision, all lines or none; `daemon/evidence.rs` says who may. What follows is told to
//!    that member and on the issue.
//! 7. **Decide** (`case/decide/open.rs` for a new case, `case/decide/mail.rs` on a case): events and effects as values.
//! 8. **Commit** (`daemon/commit.rs`, `store/journal.rs`, `store/effects.rs`): events, the case they make, effects with their
//!    fixed ids (letters to people outside already rendered), the clocks, and the mail's fate, in one transaction.
//! 9. **Perform** (`daemon/outbox.rs`, `perform/`): each effect stands as `sending` in the store before the first word to a
//!    peer. Done, later again, look first, unknown, parked: how it went goes back to step 7 (`case/decide/outcome.rs`).
//! 10. **Time** (`daemon/ticks.rs`, `case/decide/clocks.rs`): clocks ring, the waiting room empties itself into cases, the digest
//!     goes out, orders of operators are taken. A case that grew, a mirror that appears or learns of a cited id: the case
//!     is compared once more, its page drawn anew if it says something else (`daemon/check.rs`), and its owner told once when
//!     more was found than ever before (`case/decide`).
//!
//! A second door (`daemon/sweep.rs`): private vulnerability reports on GitHub are polled, held as messages of role `advisory`
//! and go on at step 3. A third (`daemon/listen.rs`): what people say and do on the issues of cases is listened to by conditional
//! lists, held before anybody judges it (`store/heard.rs`), and carried out like commands by mail (`daemon/talk.rs`,
//! `case/command/markdown.rs`), once for each of GitHub's ids; one comment of ours answers (`perform/answer.rs`). Nothing waits
//! for it but held letters, for ten minutes at most, since it may bring an undo. A fourth (`daemon/advisories.rs`): the draft
//! advisories of confirmed cases are watched, by conditional lists as well; what people change there, and what is suddenly
//! public, becomes part of its case. A fifth (`daemon/posted/`): new issues of the watched public repositories are judged
//! (`report/undisclosed.rs`); what looks like a report that nobody has disclosed, or what a member names, is saved whole, hashed, and
//! held as a message of role `posted`. Beside all of it, on a schedule of its own, `daemon/sync/` brings the mirror of what is publicly known
//! up to date; what it asks for never depends on a case.
//!
//! # How a case becomes public
//!
//! What a member does about a vulnerability is a `Step` (`case/step.rs`); what GitHub shows of its advisory is an `Advisory`
//! (`case/advisory.rs`); both fold into `Tracks` (`case/tracks.rs`): assessment, day, group, fix, CVE id, review, notices. Each verb
//! has its guard in one passage of `case/decide/command/`: `assess.rs`, `embargo.rs`, `mitigate.rs`, `review.rs`, `disclose.rs`.
//! Which promises run follows from where the case stands (`case/decide/promises.rs`). `Effect::Advisory` brings the draft to what
//! the case says (`perform/advisory.rs`); where GitHub gives no right, the step is a task for a person and is seen as done.
//! Telling the embargoed list and publishing wait for a second person (`case/agree.rs`); what follows from a publication
//! follows from what GitHub shows (`case/decide/advisory.rs`), and every outward text is read for what must not be in it
//! (`render/leak.rs`). `tests/it/story/disclosure.rs` goes the whole way; `tests/it/case_runbook.rs` goes every way;
//! `tests/it/rfc.rs` names the story for each sentence of the RFC.
//!
//! A public issue is never touched by itself (`case/posted.rs`). `takedown tell` orders one neutral comment, held like a letter;
//! `takedown blank|delete` waits for a second person, names the words by their hash, and needs that they are saved, queued and
//! told of (`case/decide/command/takedown.rs`). `perform/takedown.rs` saves what stands there, compares, and only then does it;
//! where GitHub gives no right it is a task for an admin, seen as done when the issue is gone.
//!
//! What would notice a lost report: the story tests end with "nothing is left over" (`tests/it/world.rs`), and the crash
//! stories among `tests/it/story` die at every point (`outside.rs`) and start again: every mail delivered must end in a
//! case, on a case, or where a person sees it, once. On a running machine the same question is a figure: `status` compares
//! what the server shows with what is held.
//!
//! # Map, in reading order
//!
//! | part | what it is | may use |
//! |---|---|---|
//! | `case` | what a case is and what happens next: events, effects, clocks, calendar, `decide` | nothing: pure |
//! | `mail` | what a message says, and how one is written | `case`; pure |
//! | `report` | the facts in a report, and which are missing | `case`; pure |
//! | `known` | is it known already: versions, packages, candidates with reasons; `known/mirror` has the file | `case`, `report`; pure but for `mirror` |
//! | `render` | what people read: letters (`render/letters/table.rs` lists them), alerts, issues, comments, the public page; codes and markers | those above; pure |
//! | `clock` | the only place that asks the time | |
//! | `outside` | time, chance and crash points, handed in | `clock` |
//! | `config` | one TOML file, read once, into checked values (`config.example.toml` has every key) | `case` |
//! | `observe` | log lines, figures, the service manager's notices | `config` |
//! | `store` | the disk: `store/schema.sql` holds the tables of all states; one thread writes | `case`, `outside` |
//! | `reading` | a mail as it reads, and a short memory of those read last | `case`, `mail`, `report` |
//! | `sealed` | OpenPGP: opens what came sealed, verifies signatures, seals letters | `case`, `mail`, `outside` |
//! | `wire` | the network, one file a peer, no decisions: IMAP, SMTP, GitHub, NVD, Discord, OAuth, heartbeat | `case`, `mail` |
//! | `office` | what reading and deciding needs, made once from the configuration | all above but `wire` |
//! | `perform` | effect -> wire call -> how it went | all above |
//! | `daemon` | the loop, with its priorities written down | all above |
//! | `practice` | servers on loopback, the plays (a day of mail, the life of a vulnerability), the score; tests use the same servers | all above |
//! | `cli` | one file a command | all above |
//! | `main` | arguments, runtime, one call, exit code | `cli` |
//!
//! `tests/it/tidy.rs` keeps this table, and that the pure parts are pure. Comments that quote "RFC" mean the O3DE RFC on
//! handling vulnerability reports; RFC with a number is an internet standard; MAIL and RUNBOOK are the project's design notes.
//!
//! # Invariants
//!
//! **Invariant:** a message is stored, whole and durable, before anybody looks at it. Flags and moves on the server are never
//! state. The high-water mark passes no UID that the server showed and we do not hold.
//!
//! **Invariant:** every message leaves the state `stored` in the transaction that writes what follows from it, to exactly one
//! fate. What cannot be read is parked or becomes a case by its header; it never stops the next message.
//!
//! **Invariant:** no forgeable header makes us lose, drop or hide a report (Rule Z). A doubt withholds an effect, or lets the
//! mail wait where people are told of it and time turns it into a case.
//!
//! **Invariant:** `decide` is pure and total. Time, policy and calendar enter there alone; every deadline is a value in an
//! event; `Case::apply` folds events and knows nothing else. Kinds of events are only ever added
//! (`tests/it/journal_corpus` holds one of each).
//!
//! **Invariant:** nothing is sent inside a transaction. The id of an effect is drawn and committed before the first try and
//! never changes. An effect has one recipient. Lanes never wait for each other; a needed order is written down (`After`).
//!
//! **Invariant:** a letter that a member orders is held: it leaves only after a look into the mailbox that began after its hold
//! ended and of which all is read (`store/held.rs`), so that any member's undo that came in time stops it.
//!
//! **Invariant:** what one person must not do alone waits as an act that counts for nothing until another person, by a word of
//! their own that is bound to all of it, agrees.
//!
//! **Invariant:** what a member did is an act with a number, and each act can be taken back; the words of an order are rendered
//! into its letter before the commit and stand nowhere else.
//!
//! **Invariant:** what may have happened is looked up before it is done again (issues, comments: by listing, for a marker with
//! our HMAC), is harmless twice (alerts, posts, updates), or is left to a person (letters to people outside).
//!
//! **Invariant:** `From:` alone gives no right to anything. The acknowledgement clock stops by a member's answer that
//! authentication proves, or by a person's word; never by a receipt.
//!
//! **Invariant:** letters to people outside, alerts and posts are rendered from types that have no field for a report's words;
//! such words reach GitHub only inside a fence or a code span. No log line, figure or error text holds them.
//! Letters to the embargoed list and texts for the public have no field for a case either.
//!
//! **Invariant:** an advisory is made once, found again by a marker that holds no case, and its words are people's from then
//! on (`perform/advisory.rs`). It is published only as it was approved, by its hash (`perform/publish.rs`); what GitHub lets no
//! program do is a task for a person. No outward text leaves before the leak guard read it (`render/leak.rs`); what it finds
//! is told by mail to the team alone.
//!
//! **Invariant:** what everybody reads on a public issue is fixed (`render/posted.rs`, T32): no word of the issue, of its case or of
//! anybody is in it. Nothing is blanked or deleted but the words that two persons named, and those are in the store before.
//!
//! **Invariant:** an approval is of one text, by its SHA-256; a text that changed is approved by nobody. Nobody outside is told, and
//! nothing is published, without approvals of that text and two persons; nothing before its day, unless it is known or used
//! outside already.
//!
//! **Invariant:** what is found of a report stays here: its words are in the table `finding` and on the private issue; events,
//! alerts and posts hold numbers. The check asks nobody, decides nothing, and stops no mail.
//!
//! **Invariant:** there is a limit on everything that comes from outside: bytes, parts, depth, receipts a sender, cases an
//! hour, retries; commands of one account on an issue, comments and notices that mails bring (`store/lately.rs`). What is beyond
//! it is kept and said to be there; an undo always counts. Nothing recurses on hostile input.
//!
//! **Invariant:** one process works on a state directory; a second one ends with 75.
//!
//! # Deliberately absent
//!
//! Reloading the configuration (a restart is free of side effects); plug-ins; a web server; a second database; deleting mail on
//! the server; sending a letter of unknown fate again without a person; receipts that are sent later; asking public services
//! about the text of a report; anything public that happens by itself.

pub mod case;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod known;
pub mod mail;
pub mod observe;
pub mod office;
pub mod outside;
pub mod perform;
pub mod practice;
pub mod reading;
pub mod render;
pub mod report;
pub mod sealed;
pub mod store;
pub mod wire;
