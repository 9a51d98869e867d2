/** The server's function that warns. Its words depend on `lc_messages`, and its SQLSTATE is the one of every warning. */
const WAITING_ROUTINE = 'SyncRepWaitForLSN';

/** Whether a notice says that a commit did not wait for the replicas that `synchronous_standby_names` asks for. */
export function isCancelledWait(notice: { readonly routine?: string | undefined }): boolean {
  return notice.routine === WAITING_ROUTINE;
}

/**
 * Writes only to the write-ahead log, because only a transaction that writes waits for replicas. Every login has the right. Without
 * synchronous replicas, it does not wait.
 */
const WRITE_AND_WAIT = `
  SELECT pg_logical_emit_message(true, 'nestjs-audit-ledger', ''::text) WHERE current_setting('synchronous_standby_names') <> ''`;

/**
 * Resolves once the synchronous replicas have everything committed before. The database itself may be ahead of them after a cancelled wait,
 * or a restart of the server.
 *
 * @throws UnreplicatedCommitError when the wait is cancelled; else rejects with the client's error
 */
export async function awaitReplicas(session: { rows(text: string): Promise<unknown> }): Promise<void> {
  await session.rows(WRITE_AND_WAIT);
}
