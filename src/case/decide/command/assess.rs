//! What a report is: a vulnerability or none, and whether people must meet about it (RUNBOOK 1.2, rows 11 and 13).

use jiff::Timestamp;

use super::{Run, Said, words};
use crate::case::assessment::{Assessment, Sig};
use crate::case::calendar::days_after;
use crate::case::command::Finding;
use crate::case::command::runbook::{MeetingWord, When};
use crate::case::policy::ComponentRule;
use crate::case::roster::Role;
use crate::case::tracks::Meeting;
use crate::case::{Alert, Brief, Case, Content, Deed, Effect, LetterKind, MemberKey, Phase, Severity, Step};

impl Run<'_> {
    pub(super) fn assess(&mut self, finding: &Finding) -> Result<Said, String> {
        let case = self.open_case()?;
        let again = match case.phase() {
            None => false,
            Some(Phase::Confirmed | Phase::Mitigating | Phase::Review) => true,
            Some(Phase::Disclosed) => return Err("it is public already".to_owned()),
            Some(Phase::Prenotice | Phase::Ready) => {
                return Err(
                    "others were told of it as it is: tell them of a change by notify, after a new review"
                        .to_owned(),
                );
            }
        };
        let assessment = self.whole(case, finding)?;
        let severity = assessment.severity;
        let (repository, sigs) = (assessment.repository.clone(), assessment.sigs.clone());
        let reachable = case.reporter.is_some();
        let step = Step::Assess { assessment: Box::new(assessment) };
        let deed = Deed::Step { step };
        let (act, told) = if again || !reachable {
            let told = if again {
                "no letter: use update to tell the reporter"
            } else {
                "no letter, the report has no address"
            };
            (self.act(deed), told.to_owned())
        } else {
            self.act_with_letter(deed, LetterKind::Confirmed, Content::OfCase)?
        };
        self.ruling.decision.then_on_issue(Effect::Advisory);
        let chairs = self.sig_chairs(&sigs);
        let missing: Vec<String> = sigs
            .iter()
            .filter(|sig| {
                !self.policy.roster.members.iter().any(|m| m.is(Role::SigChair) && m.sigs.contains(sig))
            })
            .map(ToString::to_string)
            .collect();
        let count = self.brief(chairs, &Brief::Sig);
        if self.policy.discord {
            self.ruling.decision.then(Effect::Post { alert: Alert::Brief { brief: Brief::Sig } });
        }
        let above = self.brief_roles(&[Role::TscContact], &Brief::Tsc);
        let mut said = format!(
            "a vulnerability: {severity}, advisory in {repository}; {told}; told: {}, {}",
            counted(count, "SIG chair"),
            counted(above, "TSC contact")
        );
        if !missing.is_empty() {
            said.push_str(&format!(
                "; nobody on the roster chairs {}: tell them yourself",
                missing.join(", ")
            ));
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// The finding, filled in from the case and the configuration, or all that it lacks.
    fn whole(&self, case: &Case, finding: &Finding) -> Result<Assessment, String> {
        let mut lacks: Vec<String> = Vec::new();
        if !finding.breaks.any() {
            lacks.push(
                "say which of confidentiality (c), integrity (i), availability (a) it breaks; what breaks none of them is no vulnerability: assess bug, wai or feature"
                    .to_owned(),
            );
        }
        let scored = finding.vector.as_ref().map(|vector| (vector.severity(), vector.score()));
        let severity = match (finding.severity.or(case.severity_set), &scored) {
            (Some(said), Some((severity, score))) if finding.severity.is_some() && said != *severity => {
                lacks.push(format!(
                    "the vector scores {score} ({severity}), not {said}: leave one of them out"
                ));
                said
            }
            (_, Some((severity, _))) => *severity,
            (Some(said), None) => said,
            (None, None) => {
                lacks.push(
                    "say how grave it is: severity=low|medium|high|critical or vector=CVSS:...".to_owned(),
                );
                Severity::None
            }
        };
        if severity == Severity::None && (scored.is_some() || finding.severity.is_some()) {
            lacks.push("what is of no severity is no vulnerability: assess bug, wai or feature".to_owned());
        }
        let rule = self.rule_for(case);
        let mut sigs = finding.sigs.clone();
        if sigs.is_empty() {
            sigs = rule.sigs;
        }
        if sigs.is_empty() {
            lacks.push("say which SIG it concerns: sig=network".to_owned());
        }
        if lacks.is_empty() {
            Ok(Assessment {
                breaks: finding.breaks,
                means: finding.means.clone(),
                attacker: finding.attacker,
                severity,
                vector: finding.vector.clone(),
                repository: finding.repository.clone().unwrap_or(rule.repository),
                sigs,
                versions: finding.versions.clone(),
            })
        } else {
            Err(lacks.join("; "))
        }
    }

    /// Where the part of O3DE that the case is about is looked after.
    fn rule_for(&self, case: &Case) -> ComponentRule {
        let rule = &self.policy.runbook;
        let name = case.component.as_ref().map(|component| component.0.to_ascii_lowercase());
        let named = name.and_then(|name| rule.components.get(&name));
        named.cloned().unwrap_or_else(|| {
            let sigs = self.around.component_sig.iter().map(|sig| Sig(sig.clone())).collect();
            ComponentRule { repository: rule.repository.clone(), sigs }
        })
    }

    /// The chairs of these groups.
    pub(super) fn sig_chairs(&self, sigs: &[Sig]) -> Vec<MemberKey> {
        let members = self.policy.roster.members.iter();
        members
            .filter(|m| m.is(Role::SigChair) && m.sigs.iter().any(|sig| sigs.contains(sig)))
            .map(|m| m.key.clone())
            .collect()
    }

    /// An instant from a word: a day alone means the hour of publishing.
    pub(super) fn instant(&self, when: When) -> Timestamp {
        match when {
            When::At(at) => at,
            When::Day(day) => {
                let hour = i8::try_from(self.policy.runbook.publish_hour_utc).unwrap_or(16);
                let noon = day.at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
                noon.map_or(self.now, |at| at.timestamp())
            }
        }
    }

    pub(super) fn meeting(&mut self, word: MeetingWord) -> Result<Said, String> {
        let case = self.open_case()?;
        let end = days_after(case.received, self.policy.runbook.meeting_days);
        let meeting = match word {
            MeetingWord::Held => Meeting::Held,
            MeetingWord::Waived => Meeting::Waived,
            MeetingWord::Propose(when) => {
                let at = when.map_or(end, |when| self.instant(when));
                if at <= self.now {
                    return Err(format!("{} is over: name a later day", self.at(at)));
                }
                Meeting::Proposed { at }
            }
        };
        let act = self.step(Step::Meet { meeting });
        let Meeting::Proposed { at } = meeting else {
            return Ok(Said { act: Some(act), ..words("noted") });
        };
        let count = self.tell_team(&[Role::Member, Role::Chair], &Brief::Meeting { at });
        let late = if at > end { "; that is later than a week after the report" } else { "" };
        let said = format!("{count} people are asked to meet on {}{late}", self.at(at));
        Ok(Said { act: Some(act), ..words(said) })
    }
}

/// `1 SIG chair`, `2 SIG chairs`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
