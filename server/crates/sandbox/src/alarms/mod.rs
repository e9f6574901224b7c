//! What happens to payments and transfers by itself, when the sandbox's clock gets there.
//!
//! An alarm rings at its own time, also where the clock jumped over it: what follows is dated as
//! if the time had passed slowly. One that comes too late (the hold was captured, the dispute is
//! decided) changes nothing.

use std::time::Duration as Wait;

use axum::http::StatusCode;
use sqlx::PgConnection;
use tokio::{
    sync::MutexGuard,
    time::{self, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    answer::ApiError,
    app::App,
    cards::{Behaviour, Disputes, Refunds},
    payments::{
        change::{Target, change},
        lifecycle::{Change, Moment, NewDispute},
        payment::Payment,
    },
    transaction,
    transfers::{self, transfer::Transfer},
    webhooks::Parcel,
};

pub(crate) mod store;

use store::Alarm;

const POLL: Wait = Wait::from_millis(500);

/// What rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum Kind {
    EndReview,
    LeaveChallenge,
    ExpireHold,
    EndFunds,
    OpenDispute,
    EndDispute,
    EndRefund,
    ReturnRefund,
    /// A transfer leaves `accepted`.
    StartTransfer,
    /// A transfer leaves `in_transit`.
    EndTransfer,
    ReturnTransfer,
}

impl Kind {
    /// The name by which the database knows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EndReview => "end_review",
            Self::LeaveChallenge => "leave_challenge",
            Self::ExpireHold => "expire_hold",
            Self::EndFunds => "end_funds",
            Self::OpenDispute => "open_dispute",
            Self::EndDispute => "end_dispute",
            Self::EndRefund => "end_refund",
            Self::ReturnRefund => "return_refund",
            Self::StartTransfer => "start_transfer",
            Self::EndTransfer => "end_transfer",
            Self::ReturnTransfer => "return_transfer",
        }
    }

    /// Says whether it is about a transfer; if not, it is about a payment.
    fn is_about_transfer(self) -> bool {
        match self {
            Self::StartTransfer | Self::EndTransfer | Self::ReturnTransfer => true,
            Self::EndReview
            | Self::LeaveChallenge
            | Self::ExpireHold
            | Self::EndFunds
            | Self::OpenDispute
            | Self::EndDispute
            | Self::EndRefund
            | Self::ReturnRefund => false,
        }
    }
}

/// Rings what is due, again and again, until the sandbox stops.
pub(crate) async fn watch(app: App, stopping: CancellationToken) {
    let mut poll = time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = poll.tick() => {}
        }
        if let Err(error) = ring_due(&app).await {
            tracing::warn!(error = error.message(), "alarms could not ring");
        }
    }
}

/// Rings everything that is due, in the order of its time; says how often something happened.
pub(crate) async fn ring_due(app: &App) -> Result<u64, ApiError> {
    let alone = app.ringing.lock().await;
    ring_alone(app, &alone).await
}

/// As [`ring_due`], for who holds the bell already and so hears everything that it rings.
pub(crate) async fn ring_alone(app: &App, _alone: &MutexGuard<'_, ()>) -> Result<u64, ApiError> {
    let mut happened = 0;
    while let Some(alarm) = store::find_due(&app.pool, app.clock.now()).await? {
        happened += u64::from(ring(app, &alarm).await?);
    }
    Ok(happened)
}

/// Rings one alarm in one transaction; `false` if it came too late.
async fn ring(app: &App, alarm: &Alarm) -> Result<bool, ApiError> {
    let mut transaction = transaction::begin(&app.pool).await?;
    if !store::take(&mut transaction, alarm.alarm_id).await? {
        return Ok(false);
    }
    match happen(app, &mut transaction, alarm).await {
        Ok(parcel) => {
            transaction.commit().await?;
            app.courier.hand_over(parcel);
            Ok(true)
        }
        Err(error) if [StatusCode::CONFLICT, StatusCode::NOT_FOUND].contains(&error.status()) => {
            transaction.rollback().await?;
            store::drop_late(&app.pool, alarm.alarm_id).await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Lets happen what the alarm stands for, inside the caller's transaction.
async fn happen(
    app: &App,
    connection: &mut PgConnection,
    alarm: &Alarm,
) -> Result<Option<Parcel>, ApiError> {
    if alarm.kind.is_about_transfer() {
        let rule = |transfer: &Transfer| transfer.next(alarm.kind);
        let (_, parcel) =
            transfers::change::change(app, connection, alarm.about_id, alarm.due_at, rule).await?;
        return Ok(parcel);
    }
    let dispute_id = app.mint.id(alarm.due_at, &["dispute", &alarm.about_id.to_string()]);
    let target = Target { at: Some(alarm.due_at), ..Target::of(alarm.about_id) };
    let rule = |payment: &mut Payment, moment: &Moment| follow(alarm, dispute_id, payment, moment);
    let (_, parcel) = change(app, connection, target, rule).await?;
    Ok(parcel)
}

/// Does to a payment what the alarm stands for.
fn follow(
    alarm: &Alarm,
    dispute_id: Uuid,
    payment: &mut Payment,
    moment: &Moment,
) -> Result<Change, ApiError> {
    let subject = || alarm.subject_id.ok_or_else(ApiError::internal);
    let card = payment.card();
    match alarm.kind {
        Kind::EndReview => {
            payment.finish_review(card.behaviour == Behaviour::Review(Some(true)), moment)
        }
        Kind::LeaveChallenge => payment.finish_challenge(Err("authentication_abandoned"), moment),
        Kind::ExpireHold => payment.expire(moment),
        Kind::EndFunds => {
            let arrive = matches!(card.behaviour, Behaviour::AwaitFunds { arrive: true, .. });
            payment.finish_funds(arrive, moment)
        }
        Kind::OpenDispute => {
            let reason = "fraudulent".to_owned();
            payment.open_dispute(&NewDispute { dispute_id, amount_minor: None, reason }, moment)
        }
        Kind::EndDispute => {
            payment.end_dispute(subject()?, card.disputes == Disputes::End(true), moment)
        }
        Kind::EndRefund => {
            payment.end_refund(subject()?, card.refunds == Refunds::SucceedLater, moment)
        }
        Kind::ReturnRefund => payment.end_refund(subject()?, false, moment),
        // The schema knows no such alarm of a payment.
        Kind::StartTransfer | Kind::EndTransfer | Kind::ReturnTransfer => Err(ApiError::internal()),
    }
}
