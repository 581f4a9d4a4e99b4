//! Leaving orders: the running daemon takes them, or this process does.

use std::time::Duration;

use serde_json::{Value, json};

use super::out::Out;
use super::{AGAIN, FAULTS, OK, Stop, house};
use crate::case::order::Order;
use crate::config::Config;
use crate::daemon::{REFUSED, StartFault, take_orders};
use crate::outside::Outside;
use crate::store::{LockError, Window};

/// How long the daemon has for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

/// Leaves one order and tells its answer.
pub(super) async fn one(order: Order, config: Config, out: &Out) -> Result<u8, Stop> {
    let answers = all(vec![order], config).await?;
    let code = code(&answers);
    if let Some(answer) = answers.first() {
        out.either(&answer.json(), || answer.text.clone());
    }
    Ok(code)
}

/// Leaves several orders and tells all answers.
pub(super) async fn many(orders: Vec<Order>, config: Config, out: &Out) -> Result<u8, Stop> {
    let answers = all(orders, config).await?;
    let value: Vec<Value> = answers.iter().map(Answer::json).collect();
    out.either(&Value::Array(value), || {
        let lines: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
        if lines.is_empty() { "nothing to do".to_owned() } else { lines.join("\n") }
    });
    Ok(code(&answers))
}

struct Answer {
    id: i64,
    text: String,
}

impl Answer {
    fn is_refused(&self) -> bool {
        self.text.starts_with(REFUSED)
    }

    fn json(&self) -> Value {
        json!({ "order": self.id, "answer": self.text, "refused": self.is_refused() })
    }
}

fn code(answers: &[Answer]) -> u8 {
    if answers.iter().any(Answer::is_refused) { FAULTS } else { OK }
}

/// The orders become rows first: whatever happens to this process, they are taken.
async fn all(orders: Vec<Order>, config: Config) -> Result<Vec<Answer>, Stop> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let outside = house::outside();
    let now = outside.clock.now();
    let ids = Window::open_to_write(&config.state_dir)?.write(|txn| {
        orders.iter().map(|order| txn.leave_order(order, now)).collect::<Result<Vec<i64>, _>>()
    })?;
    let window = house::window(&config)?;
    let until = outside.clock.monotonic() + PATIENCE;
    loop {
        let answers = window.read(|txn| {
            ids.iter().map(|id| Ok(txn.order_answer(*id)?.map(|text| Answer { id: *id, text }))).collect()
        })?;
        let answers: Vec<Option<Answer>> = answers;
        if answers.iter().all(Option::is_some) {
            return Ok(answers.into_iter().flatten().collect());
        }
        if outside.clock.monotonic() >= until {
            let what =
                "nobody took the order within 10 s; it stands, and is taken when the daemon gets to it";
            return Err(Stop::new(AGAIN, what));
        }
        take(&config, &outside).await?;
        outside.clock.sleep(LOOK).await;
    }
}

/// Takes them ourselves when no daemon runs.
async fn take(config: &Config, outside: &Outside) -> Result<(), Stop> {
    match Box::pin(take_orders(config.clone(), outside.clone())).await {
        Ok(_) | Err(StartFault::Lock(LockError::Held(_))) => Ok(()),
        Err(fault) => {
            let stop = Stop::from(fault);
            Err(Stop::new(
                stop.code,
                format!("the order stands, and is taken at the next start: {}", stop.what),
            ))
        }
    }
}
