//! By which door a new report came, and how whoever sent it is answered.

use super::alert_view::{AlertCase, AlertView, Commands};

/// By which door a new report came.
pub(super) fn came_in(view: &AlertView) -> &'static str {
    let case = view.case.as_ref();
    if case.is_some_and(|case| case.posted.is_some()) {
        return "A public issue on GitHub looks like a report that nobody has disclosed. It is saved whole, and everybody can \
                read it.";
    }
    match case.and_then(|case| case.advisory.as_ref()) {
        Some(_) => "A new report came in: a private vulnerability report on GitHub.",
        None => "A new report came in.",
    }
}

/// How the reporter is answered, with what parts it from the next sentence.
pub(super) fn answer(view: &AlertView) -> String {
    if let Some(case) = view.case.as_ref().filter(|case| case.posted.is_some()) {
        return on_public_issue(case, view.commands);
    }
    let on_github = view.case.as_ref().filter(|case| case.advisory.is_some());
    match (on_github, view.commands) {
        (None, Commands::ByMail) => "The clock waits for a person's word to the reporter. To send the acknowledgement, answer \
             this mail and begin with this line, an exclamation mark before it; or write to them from your own mail, with the list in \
             Cc:\n\n  ack 5wd\n\n"
            .to_owned(),
        (None, Commands::Off) => {
            "Answer the reporter from your own mail, with the list in Cc: that is what the clock waits for. "
                .to_owned()
        }
        (Some(_), Commands::ByMail) => "Answer the reporter on GitHub, on the page of their report. The clock waits for your \
             word that you did: answer this mail and begin with this line, an exclamation mark before it:\n\n  ack done\n\n"
            .to_owned(),
        (Some(case), Commands::Off) => format!(
            "Answer the reporter on GitHub, on the page of their report. The clock waits until an operator says so:\n\n  \
             sir-intake cases answered {} --by NAME\n\n",
            case.id
        ),
    }
}

/// For a public issue: nobody is answered there but by the neutral comment.
fn on_public_issue(case: &AlertCase, commands: Commands) -> String {
    let told = "Nothing happens in public by itself.";
    match commands {
        Commands::ByMail => format!(
            "{told} To tell whoever posted it where reports go, by a neutral comment there, answer this mail and begin with this \
             line, an exclamation mark before it:\n\n  takedown tell\n\nThen two of you take it down (takedown blank, or takedown \
             delete). The clock waits for your word that a person answered: ack done. If it is no report: close not-a-report.\n\n"
        ),
        Commands::Off => format!(
            "{told} Write a comment on its issue, {} in it: takedown tell. The clock waits until an operator says that a person \
             answered:\n\n  sir-intake cases answered {} --by NAME\n\n",
            "an exclamation mark before the verb", case.id
        ),
    }
}
