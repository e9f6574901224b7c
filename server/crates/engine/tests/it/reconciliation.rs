//! Settlement files in, matched, and what differs resolved.

mod faults;
mod files;
mod four_eyes;
mod refunds;
mod resolving;

use domain::id::SettlementFileId;
use domain::matching::{MismatchKind, MismatchState};
use engine::reconciliation::actor::Actor;
use engine::reconciliation::mismatches::{self, Filter, Mismatch};
use engine::reconciliation::take_in::{Counts, TakeIn, TakeInError, TakenIn, take_in};

use crate::settlement_file::FileOf;
use crate::world::World;

impl World {
    /// Takes a file in, as the analyst.
    async fn bring(&self, content: &[u8]) -> Result<TakenIn, TakeInError> {
        let by = Actor::Person(self.analyst.clone());
        let request = TakeIn {
            shop: self.shop,
            processor_account: self.account,
            name: "settlement.csv",
            content,
            by,
        };
        take_in(&self.pool, request).await
    }

    /// Takes a file in that must be taken in now.
    async fn take(&self, file: &FileOf) -> (SettlementFileId, Counts) {
        match self.bring(&file.bytes()).await.unwrap() {
            TakenIn::Now { file, counts } => (file, counts),
            TakenIn::Before { .. } => panic!("the file is new"),
        }
    }

    /// Every mismatch of the shop, in any state, by kind.
    async fn mismatches(&self) -> Vec<Mismatch> {
        let mut all = Vec::new();
        for &state in MismatchState::ALL {
            let filter = Filter { state: Some(state), ..Filter::default() };
            all.extend(mismatches::queue(&self.pool, self.shop, filter, 100).await.unwrap().rows);
        }
        all.sort_by_key(|mismatch| (mismatch.kind.as_str(), mismatch.line));
        all
    }

    /// The only mismatch of the shop.
    async fn mismatch(&self) -> Mismatch {
        let mut all = self.mismatches().await;
        assert_eq!(all.len(), 1, "one mismatch: {all:#?}");
        all.remove(0)
    }

    /// The only mismatch of a kind.
    async fn mismatch_of(&self, kind: MismatchKind) -> Mismatch {
        let all = self.mismatches().await;
        let mut of_kind = all.into_iter().filter(|mismatch| mismatch.kind == kind);
        let found = of_kind.next().expect("there is one");
        assert!(of_kind.next().is_none(), "there is but one");
        found
    }
}

/// `lines` rows of which so many matched, and so on.
fn counts(matched: u32, mismatched: u32, missing: u32, refused: u32) -> Counts {
    Counts { lines: matched + mismatched + refused, matched, mismatched, missing, refused }
}
