-- One file, one writer. Instants are milliseconds since 1970-01-01T00:00Z. Addresses and words stand in `message`, `raw`
-- and `person` only; `event` holds ids, instants, enums and hashes.
--
-- States of a message (`message.fate`)
--   stored       held and durable, not yet read
--   history      from before the first start: threading and duplicates only
--   case         began a case                     reply        of somebody of a case
--   quarantined  of a stranger on a case          delivery     tells what became of a mail of ours
--   own          our own mail come back           copy         a second copy
--   waiting      doubt that it is a report        screened     set aside, with the reason in `why`
--   command      a member's, about no case        parked       we could not read it: a person must look
--   Every message leaves `stored` in the transaction that writes what follows from it.
--
-- States of an effect (`effect.state`)
--   due -> sending -> done | due (proven not done, later again) | unknown | parked
--   unknown -> done (proof found) | due (a person orders it again) | canceled
--   due -> canceled (a person) | shadowed (mode = "shadow": written to a file, never performed)

-- States of what is said or done on an issue (`heard.fate`)
--   stored     held and durable, not yet judged
--   ran        carried out, or its writer was told why not     refused    not proven to be a member's; people were told
--   asked      somebody closed the issue: they were asked why  text       nothing that commands
--   own        of our own account                              elsewhere  on an issue of no case
--   past       from before the first look, or before a backup was restored
--   over       more than an hour's limit: not carried out
--   Each is taken once, by GitHub's id of it, for ever. Its words go when it leaves `stored`.

create table meta (
  key   text primary key,
  value any not null
) strict, without rowid;

create table folder (
  name          text primary key,
  uidvalidity   integer not null,
  history_below integer not null,  -- UIDs below are history; 0: none
  high_water    integer not null,  -- every UID up to here that the server showed is held
  shown         integer not null,  -- how many mails the server showed at the last full look
  gone          integer not null,  -- how many of ours the server no longer shows
  scanned_at    integer            -- last full look
) strict, without rowid;

create table message (
  id            integer primary key,
  sha256        blob    not null unique,
  size          integer not null,     -- as the server tells it, bytes
  received_at   integer not null,     -- INTERNALDATE
  stored_at     integer not null,
  role          text    not null,     -- of the folder: inbox | junk | sent; advisory, posted: not of the mailbox
  history       integer not null,
  truncated     integer not null,     -- only the first bytes are held
  read_attempts integer not null default 0,
  fate          text    not null default 'stored' check (fate in ('stored', 'history', 'case', 'reply', 'quarantined',
                  'delivery', 'own', 'copy', 'waiting', 'screened', 'parked', 'command')),
  why           text,
  case_id       text,
  person        integer references person (id),
  message_id    text,
  body_sha256   blob,
  copy_of       integer references message (id),
  wait_until    integer,
  notice_by     integer,              -- members are told of it by then
  told_at       integer,              -- members were told: by a notice, or in the digest planned then
  decorated     integer not null default 0
) strict;
create index message_undecorated on message (id) where decorated = 0 and history = 0;
create index message_stored     on message (id) where fate = 'stored';
create index message_waiting    on message (wait_until) where fate = 'waiting';
create index message_fate       on message (fate, stored_at) where fate in ('screened', 'parked', 'quarantined', 'history');
create index message_message_id on message (message_id) where message_id is not null;
create index message_case       on message (case_id, id) where case_id is not null;

-- Private vulnerability reports on GitHub that were taken in: each once, as a message without a place in the mailbox.
create table advisory (
  ghsa       text primary key,
  repository text    not null,        -- owner/name
  url        text    not null,        -- where people read it
  author     text,                    -- login
  message    integer not null unique references message (id)
) strict, without rowid;

-- The advisory of a case as GitHub showed it last: its words stand here alone, events hold their hash.
create table advisory_text (
  case_id    text primary key,
  repository text    not null,        -- owner/name
  ghsa       text    not null,
  sha256     blob    not null,        -- what reviews and approvals name
  json       text    not null,        -- all that everybody will read (render::advisory::PublicText)
  seen_at    integer not null
) strict, without rowid;

-- What we did with the advisory of a case and do not do again: a CVE id was asked for, a private fork begun, these figures
-- written, this login credited.
create table advisory_mark (
  case_id text not null,
  what    text not null check (what in ('cve', 'fork', 'wrote', 'credit', 'people')),
  value   text not null,
  primary key (case_id, what)
) strict, without rowid;

-- Public issues that looked like reports and were taken in: each once, as a message without a place in the mailbox.
create table posted (
  node       text primary key,        -- GitHub's global id
  repository integer not null,        -- numeric id
  project    text    not null,        -- owner/name
  number     integer not null,
  author     text,                    -- login
  posted_at  integer,
  why        text    not null,        -- what it looks like, our words
  seen       text    not null,        -- how it stood when it was taken in (case::Posted)
  by         text,                    -- the member who named it
  via        text,
  message    integer not null unique references message (id)
) strict, without rowid;
create index posted_place on posted (project, number);

-- Every copy of such an issue that was saved, whole as GitHub told it.
create table posted_copy (
  id       integer primary key,
  node     text    not null references posted (node),
  sha256   blob    not null,          -- of the bytes
  words    blob    not null,          -- SHA-256 of what others wrote: what orders name
  json     text    not null,          -- what others wrote (case::PostedWords)
  bytes    blob    not null,          -- the issue, its comments, what was done to it, its earlier texts: JSON
  saved_at integer not null,
  unique (node, sha256, words)
) strict;
create index posted_copy_words on posted_copy (node, words);

-- Public issues that members named, until they are dealt with.
create table posted_wanted (
  project text    not null,
  number  integer not null,
  by      text    not null,           -- the member
  via     text    not null,
  at      integer not null,
  primary key (project, number)
) strict, without rowid;

create table raw (
  message integer primary key references message (id),
  bytes   blob not null
) strict;

create table place (
  folder      text    not null,
  uidvalidity integer not null,
  uid         integer not null,
  message     integer not null references message (id),
  primary key (folder, uidvalidity, uid)
) strict, without rowid;
create index place_message on place (message);

create table missing (
  folder      text    not null,
  uidvalidity integer not null,
  uid         integer not null,
  attempts    integer not null,
  first_at    integer not null,
  next_at     integer not null,
  primary key (folder, uidvalidity, uid)
) strict, without rowid;

create table person (
  id          integer primary key,
  address_key text not null unique,
  address     text not null,
  name        text not null
) strict;

create table event (
  seq     integer primary key,
  case_id text    not null,
  at      integer not null,
  kind    text    not null,
  version integer not null,
  json    text    not null
) strict;
create index event_case  on event (case_id, seq);
create index event_acted on event (at) where kind = 'acted';

create table "case" (
  id        text primary key,
  opened_at integer not null,
  stage     text    not null,
  owner     text,
  due_at    integer,                  -- the first promise that is due, or broken
  state     text    not null          -- a cache: the fold of the events
) strict, without rowid;
create index case_opened on "case" (opened_at);
create index case_open   on "case" (opened_at desc) where stage <> 'closed';
create index case_due    on "case" (due_at) where stage <> 'closed' and due_at is not null;
create index case_owner  on "case" (owner, opened_at desc) where stage <> 'closed' and owner is not null;

-- The check of a case against public records and earlier cases. Its words stand here and on the private issue alone.
--   due     to be done as soon as may be      waits   for a mirror
--   again   it failed: at again_at once more  done    nothing to do until the case or the mirror changes
create table finding (
  case_id    text primary key,
  state      text    not null check (state in ('due', 'waits', 'again', 'done')),
  again_at   integer,
  words      integer not null default 1,  -- grows with the words of the case
  indexed    integer not null default 0,  -- up to which of them later reports can find the case
  checked_at integer,
  json       text                         -- what was found (known::Findings)
) strict, without rowid;
create index finding_due     on finding (case_id) where state = 'due';
create index finding_waits   on finding (case_id) where state = 'waits';
create index finding_again   on finding (again_at) where state = 'again';
create index finding_unnamed on finding (case_id) where indexed < words;

-- Ids that a case cites: when the mirror learns something else of one, the case is checked again.
create table cited (
  id      text    not null,
  case_id text    not null,
  print   integer,                        -- of the record as it was then; null: not in the mirror
  primary key (id, case_id)
) strict, without rowid;
create index cited_case on cited (case_id);

create table participant (
  case_id text    not null,
  person  integer not null references person (id),
  role    text    not null,
  primary key (case_id, person)
) strict, without rowid;

create table effect (
  id           integer primary key,
  op           text    not null unique,
  case_id      text,
  lane         text    not null,
  recipient    text    not null,
  json         text    not null,
  state        text    not null check (state in ('due', 'sending', 'done', 'unknown', 'parked', 'canceled', 'shadowed')),
  planned_at   integer not null,
  not_before   integer not null,
  after_effect integer,
  after_until  integer,
  held_until   integer,              -- leaves only after a poll of the mailbox that began then or later
  waits        integer not null default 0,  -- for after_effect, which is not done
  tries        integer not null default 0,
  started_at   integer,
  finished_at  integer,
  why          text,
  letter       blob,                  -- what is fixed before the commit: RFC 5322 bytes of a letter to somebody outside
                                      -- or of a transcript, the text of a comment on commands, a member's words in
                                      -- a notice (case::Sighting, or plain), what is new in our comment with answers
  letter_sha256 blob,
  result       text
) strict;
create index effect_due     on effect (lane, waits, not_before, id) where state = 'due';
create index effect_order   on effect (case_id, lane, recipient, id) where state in ('due', 'sending');
create index effect_odd     on effect (state, id) where state in ('sending', 'unknown', 'parked');
create index effect_case    on effect (case_id, id) where case_id is not null;
create index effect_held    on effect (held_until) where state = 'due' and held_until is not null;
create index effect_after   on effect (after_until) where state = 'due' and after_effect is not null;

create table sent (
  message_id text primary key,        -- without angle brackets
  effect     integer not null references effect (id),
  case_id    text,
  recipient  text    not null
) strict, without rowid;
create index sent_effect on sent (effect);

create table clock (
  case_id text    not null,
  kind    text    not null,
  next_at integer,             -- none: all its levels rang, and what is owed is not done
  due_at  integer not null,
  level   integer not null,
  primary key (case_id, kind)
) strict, without rowid;
create index clock_next on clock (next_at);

create table link (
  repository integer not null,
  number     integer not null,
  case_id    text    not null,
  primary key (repository, number)
) strict, without rowid;

create table heard (
  repository integer not null,
  what       text    not null check (what in ('comment', 'deed')),
  id         integer not null,        -- GitHub's
  number     integer not null,        -- of the issue
  said_at    integer not null,
  heard_at   integer not null,
  json       text,                    -- who, and what; while it is `stored`
  fate       text    not null check (fate in ('stored', 'ran', 'refused', 'asked', 'text', 'own', 'elsewhere', 'past', 'over')),
  case_id    text,
  primary key (repository, what, id)
) strict, without rowid;
create index heard_stored on heard (said_at, what, id) where fate = 'stored';

-- How the issues of cases stood at the last look: what somebody did is looked up when it changed.
create table watched (
  repository integer not null,
  number     integer not null,
  state      text    not null,
  assignees  text    not null,        -- numbers of the accounts, rising
  primary key (repository, number)
) strict, without rowid;

-- Our one comment with answers on the issue of a case.
create table answer (
  case_id text    primary key,
  comment integer not null            -- GitHub's id
) strict, without rowid;

-- What a restored backup does not know of and the reports repository shows: issues and comments about mails that will be
-- taken in once more.
create table found (
  mark    text not null,              -- of the mail (render/marker.rs)
  what    text not null check (what in ('issue', 'comment')),
  case_id text not null,
  number  integer not null,           -- of the issue
  primary key (mark, what)
) strict, without rowid;

-- Keys that people outside gave us, one for each person and case: letters to them are encrypted to it.
create table pinned_key (
  case_id     text    not null,
  person      integer not null references person (id),
  fingerprint text    not null,
  bytes       blob    not null,
  at          integer not null,
  primary key (case_id, person)
) strict, without rowid;

create table receipt (
  at          integer not null,
  address_key text    not null,
  domain      text    not null
) strict;
create index receipt_at on receipt (at);

-- What came from outside within the last hour and has a limit: how often, and by or to whom.
create table lately (
  what text    not null,
  whom text    not null,
  at   integer not null
) strict;
create index lately_of on lately (what, whom);
create index lately_at on lately (at);

-- What commanded once and never may again: digests of Message-IDs and signatures. Kept until no Date can be fresh any more.
create table executed (
  mark blob    primary key,
  at   integer not null
) strict, without rowid;
create index executed_at on executed (at);

create table alarm (
  word      text primary key,
  raised_at integer not null,
  told_at   integer not null
) strict, without rowid;

create table operator (
  id       integer primary key,
  asked_at integer not null,
  json     text    not null,
  taken_at integer,
  answer   text
) strict;
create index operator_waiting on operator (id) where taken_at is null;
