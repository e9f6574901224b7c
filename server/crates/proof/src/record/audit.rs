//! What people and the system decided.

use domain::id::{AuditId, StaffId};
use time::OffsetDateTime;

use crate::line::{BadLine, Decoder, Encoder};

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Its id.
    pub id: AuditId,
    /// Who did it, in words.
    pub actor: String,
    /// Who did it, if a person did.
    pub staff: Option<StaffId>,
    /// What was done, such as `mismatch.claimed`.
    pub action: String,
    /// What kind of thing it was done to.
    pub object_type: String,
    /// Which one.
    pub object_id: String,
    /// What else there is to know: JSON, and here a string, so that it is hashed letter by letter
    /// and nobody has to agree on how to write a number.
    pub detail: String,
    /// When, to the microsecond.
    pub at: OffsetDateTime,
}

impl Audit {
    pub(super) fn write(&self, encoder: &mut Encoder) {
        encoder.word("id", self.id);
        encoder.text("actor", &self.actor);
        encoder.optional_word("staff", self.staff);
        encoder.text("action", &self.action);
        encoder.text("object_type", &self.object_type);
        encoder.text("object_id", &self.object_id);
        encoder.text("detail", &self.detail);
        encoder.instant("at", self.at);
    }

    pub(super) fn read(decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        Ok(Self {
            id: decoder.word("id", "the id of a line of the audit log")?,
            actor: decoder.text("actor")?.into_owned(),
            staff: decoder.optional_word("staff", "the id of a person of staff")?,
            action: decoder.text("action")?.into_owned(),
            object_type: decoder.text("object_type")?.into_owned(),
            object_id: decoder.text("object_id")?.into_owned(),
            detail: decoder.text("detail")?.into_owned(),
            at: decoder.instant("at")?,
        })
    }
}
