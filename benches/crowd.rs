//! A house that is full: so many cases, with their mails still on the server.

use jiff::{SignedDuration, Timestamp};
use sir_intake::case::decide::{self, Opening, ReceiptCounts, Sender, Trust};
use sir_intake::case::{Address, CaseId, Op, Sha256};
use sir_intake::known::mirror::FILE_NAME;
use sir_intake::known::own_case::{self, OwnCase};
use sir_intake::known::{Mirror, Record, Source};
use sir_intake::office;
use sir_intake::store::{Arrived, CheckState, Draft, EffectState, FateWord, Note, Store, StoreError, Txn};

use crate::ground::{Ground, outside, report};

/// So many cases, older than the hour that limits count and younger than any clock, through the store's own calls, with their mails still on the server.
pub async fn fill(ground: &Ground, cases: u32) {
    let config = ground.config();
    let policy = office::policy(&config);
    std::fs::create_dir_all(&config.state_dir).unwrap();
    let store = Store::open(&config.state_dir, outside()).unwrap();
    let validity = ground.peers.imapd.uidvalidity("INBOX");
    let then = Timestamp::now().checked_sub(SignedDuration::from_mins(70)).unwrap();
    store.write("folder", move |txn| txn.folder_begins("INBOX", validity, 0)).await.unwrap();
    for chunk in (1..=cases).collect::<Vec<_>>().chunks(500) {
        let mut mails = Vec::new();
        for number in chunk {
            let raw = report(*number as usize, 1_500).replace('\n', "\r\n").into_bytes();
            let uid = ground.peers.imapd.deliver("INBOX", raw.clone(), then);
            mails.push((*number, Arrived { uid, received: then, size: raw.len() as u64, raw }));
        }
        let policy = policy.clone();
        store
            .write("fill", move |txn| {
                mails.iter().try_for_each(|(number, mail)| case(txn, *number, mail, validity, &policy, then))
            })
            .await
            .unwrap();
    }
}

/// The same cases as earlier ones that a new report is compared with, as the daemon names them to the mirror.
pub async fn remember(ground: &Ground, cases: u32) {
    let config = ground.config();
    let then = Timestamp::now().checked_sub(SignedDuration::from_mins(70)).unwrap();
    let mirror = Mirror::open(&config.state_dir.join(FILE_NAME)).unwrap();
    let store = Store::open(&config.state_dir, outside()).unwrap();
    for chunk in (1..=cases).collect::<Vec<_>>().chunks(500) {
        let ids: Vec<CaseId> = chunk.iter().map(|n| format!("SIR-2026-{n:04}").parse().unwrap()).collect();
        let records: Vec<Record> = chunk
            .iter()
            .zip(&ids)
            .map(|(number, id)| {
                let mail = report(*number as usize, 1_500);
                let (head, text) = mail.split_once("\n\n").unwrap();
                let subject = head.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
                own_case::record(&OwnCase {
                    id: id.to_string(),
                    subject: subject.to_owned(),
                    text: text.to_owned(),
                    received: then,
                    closure: None,
                })
            })
            .collect();
        mirror.put(&records).unwrap();
        let named = move |txn: &Txn<'_>| {
            ids.iter().try_for_each(|id| {
                txn.begin_findings(*id)?;
                txn.keep_findings(*id, 1, CheckState::Done, None, &[], then)?;
                txn.named(&[(*id, 1)])
            })
        };
        store.write("name", named).await.unwrap();
    }
    assert_eq!(mirror.ids(Source::Case).unwrap().len(), cases as usize);
}

fn case(
    txn: &Txn<'_>,
    number: u32,
    mail: &Arrived,
    validity: u32,
    policy: &sir_intake::case::Policy,
    then: Timestamp,
) -> Result<(), StoreError> {
    let (id, _) = txn.store_mail("INBOX", validity, "inbox", false, Sha256::of(&mail.raw), mail, then)?;
    let from = Address::parse(&format!("rena{number}@reporter{number}.example")).unwrap();
    let person = txn.person(&from, "Rena")?;
    let opening = Opening {
        checked: None,
        mail: id,
        source: sir_intake::case::Source::Mail,
        reporter: Some(person),
        sender: Sender {
            answerable: true,
            trust: Trust::Passed,
            automatic: false,
            member: false,
            own: false,
            header_only: false,
        },
        receipts: ReceiptCounts::default(),
        received: then,
        component: None,
        severity: None,
        standing: None,
    };
    let case: CaseId = txn.draw_case_id(2026)?;
    let (opened, decision) = decide::open(case, &opening, policy, then);
    txn.record(&opened.unwrap(), &decision.events, then)?;
    for (index, planned) in decision.effects.into_iter().enumerate() {
        let op = Op(format!("{:026}", u64::from(number) * 100 + index as u64));
        let draft = Draft { planned, message_id: Some(format!("{}@o3de.example", op.0)), op, letter: None };
        let effect = txn.plan(Some(case), &draft, then)?;
        txn.end(effect, EffectState::Done, None, then)?;
    }
    let message_id = Some(format!("report-{number}@reporter.example"));
    txn.decorated(id)?;
    txn.settle(
        id,
        FateWord::Case,
        &Note { case: Some(case), person: Some(person), message_id, ..Note::default() },
    )
}
