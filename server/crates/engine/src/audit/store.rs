//! The SQL of the audit log.

use domain::id::AuditId;

use crate::audit::Entry;
use crate::db::{Fault, Tx, new_plain_id};

pub(super) async fn append(tx: &mut Tx, entry: &Entry<'_>) -> Result<(), Fault> {
    let id: AuditId = new_plain_id();
    sqlx::query!(
        r#"
        insert into audit_log (audit_id, shop_id, actor, staff_id, action, object_type, object_id,
                               detail)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        id.uuid(),
        entry.shop.map(domain::id::Id::uuid),
        entry.actor,
        entry.staff.map(domain::id::Id::uuid),
        entry.action,
        entry.object_type,
        entry.object_id,
        &entry.detail,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
