//! Cases and mails that belong together, or do not.

use super::{Chore, MailIs, Run, Said, words};
use crate::case::event::Event;
use crate::case::{Address, CaseId, Deed, MailId, PersonId};

impl Run<'_> {
    pub(super) fn link(&mut self, other: CaseId) -> Result<Said, String> {
        let case = self.case()?;
        if case.id == other {
            return Err("a case belongs together with itself".to_owned());
        }
        if !self.around.cases.contains(&other) {
            return Err(format!("there is no {other}"));
        }
        if case.links.contains(&other) {
            return Err(format!("it is linked with {other} already"));
        }
        let act = self.act(Deed::Link { case: other });
        self.event(Event::Linked { case: other });
        self.chore(Chore::LinkOther { case: other });
        Ok(Said { act: Some(act), ..words(format!("linked with {other}")) })
    }

    pub(super) fn link_mail(&mut self, address: &Address) -> Result<Said, String> {
        let person = self.person(address)?;
        let hours = self.policy.commands.confirm_hours;
        let until = self.agreed_by();
        if self.others().is_empty() {
            return Err("there is no second person on the roster who could agree".to_owned());
        }
        let act = self.act_until(Deed::LinkMail { person }, None, Some(until));
        Ok(Said {
            act: Some(act),
            ..words(format!(
                "waits for a second person: each of the others got their own word, good for {hours} hours"
            ))
        })
    }

    pub(super) fn reporter(&mut self, address: &Address) -> Result<Said, String> {
        let person = self.person(address)?;
        if self.case()?.reporter == Some(person) {
            return Err(format!("{address} is the reporter already"));
        }
        let set = self.case()?.tracks.date();
        let act = self.act(Deed::Reporter { person });
        self.chore(Chore::Join { person });
        let mut said = format!("reporter: {address}; letters go there from now on");
        if let (Some(day), None) = (set, self.case()?.tracks.date()) {
            let day = self.at(day);
            said.push_str(&format!(
                "; the day that two members set ({day}) does not bind them: embargo proposes one, and whoever was told that day hears of the next"
            ));
        }
        Ok(Said { act: Some(act), ..words(said) })
    }

    /// The person with that address, who must be nobody of the team.
    fn person(&self, address: &Address) -> Result<PersonId, String> {
        self.case()?;
        if self.policy.roster.by_address(address).is_some() {
            return Err("that address is a member's".to_owned());
        }
        let found = self.around.persons.get(&address.key()).copied();
        found.ok_or_else(|| "that address cannot be written to".to_owned())
    }

    pub(super) fn split(&mut self) -> Result<Said, String> {
        let mail = self.case()?.report;
        let act = self.act(Deed::Split);
        let chore = self.chore(Chore::OneMore { mail });
        Ok(Said { act: Some(act), chore: Some(chore), ..words("one more case of the same report:") })
    }

    pub(super) fn open(&mut self, mail: MailId) -> Result<Said, String> {
        match self.around.mails.get(&mail) {
            Some(MailIs::Loose | MailIs::Waiting) => {
                let chore = self.chore(Chore::OpenMail { mail });
                Ok(Said { chore: Some(chore), ..words(format!("mail {mail} is now")) })
            }
            Some(MailIs::Report | MailIs::OfCase) => {
                Err(format!("mail {mail} is of this case: new {mail} makes a case of its own of it"))
            }
            Some(MailIs::Elsewhere) | None => {
                Err(format!("there is no mail {mail} that waits or was set aside"))
            }
        }
    }

    pub(super) fn spam(&mut self, mail: MailId) -> Result<Said, String> {
        if self.around.mails.get(&mail) != Some(&MailIs::Waiting) {
            return Err(format!("there is no mail {mail} that waits"));
        }
        self.chore(Chore::SetAside { mail });
        Ok(words(format!("mail {mail} is set aside; open {mail} takes it back")))
    }

    pub(super) fn new_case(&mut self, mail: Option<MailId>) -> Result<Said, String> {
        self.case()?;
        let named = mail.or(self.around.last_mail);
        let Some(mail) = named else { return Err("no mail came on this case after the report".to_owned()) };
        match self.around.mails.get(&mail) {
            Some(MailIs::OfCase) => {}
            Some(MailIs::Report) => {
                return Err("that is the report itself: split makes one more case of it".to_owned());
            }
            Some(MailIs::Loose | MailIs::Waiting | MailIs::Elsewhere) | None => {
                return Err(format!("mail {mail} is not of this case"));
            }
        }
        let act = self.act(Deed::New { mail });
        let chore = self.chore(Chore::OneMore { mail });
        Ok(Said { act: Some(act), chore: Some(chore), ..words(format!("mail {mail} is now")) })
    }
}
