/**
 * The text of the warning about a canceled wait is localized, and many warnings have the same SQLSTATE. So the warning is identified by the
 * function of the server that sent it.
 */
const WAITING_ROUTINE = 'SyncRepWaitForLSN';

/** Whether a notice reports that a commit did not wait for the replicas in `synchronous_standby_names`. */
export function isCancelledWait(notice: { readonly routine?: string | undefined }): boolean {
  return notice.routine === WAITING_ROUTINE;
}

/** Without a write, the transaction would not wait for replicas. Every login may call `pg_logical_emit_message`. */
const WRITE_AND_WAIT = `
  SELECT pg_logical_emit_message(true, 'nestjs-audit-ledger', ''::text) WHERE current_setting('synchronous_standby_names') <> ''`;

/**
 * Resolves when the synchronous replicas have everything that is committed so far. After a canceled wait, or a restart of the server, the
 * primary may be ahead of its replicas.
 *
 * @throws UnreplicatedCommitError when the wait is canceled
 * @throws the error of the PostgreSQL client
 */
export async function awaitReplicas(session: { rows(text: string): Promise<unknown> }): Promise<void> {
  await session.rows(WRITE_AND_WAIT);
}
