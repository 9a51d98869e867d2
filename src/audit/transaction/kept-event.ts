import type { AuditEvent } from '../event/audit-event.js';
import type { CommitStatement } from './transaction-scope.js';

/** Sends a statement and the COMMIT after it together; resolves with the statement's rows. */
export type SendWithCommit = (statement: CommitStatement) => Promise<readonly (readonly unknown[])[]>;

/**
 * Writes events in the transaction that they are kept for. Never rejects: events that could not be written are delivered after the commit.
 */
export type WriteKept = (kept: readonly KeptEvent[], withCommit?: SendWithCommit) => Promise<void>;

/** An event of a transaction that is written before its commit, together with the others. */
export interface KeptEvent {
  readonly event: AuditEvent;
  /** Its number in the transaction. */
  readonly at: number;
  readonly write: WriteKept;
  /** The backends of the providers that should write it; absent until they are known. */
  joining?: ReadonlySet<string>;
  /** The backends of the providers that wrote it. */
  readonly joined: Set<string>;
  /** The transaction's number when its writing began; absent before, and once that is undone. */
  writtenAt?: number | undefined;
}

/** Writes the events of a transaction that are not written yet. */
export async function writeKept(unwritten: readonly KeptEvent[], withCommit?: SendWithCommit): Promise<void> {
  const byWriter = new Map<WriteKept, KeptEvent[]>();
  const backends = new Set<string>();
  for (const kept of unwritten) {
    const same = byWriter.get(kept.write);
    if (same) same.push(kept);
    else byWriter.set(kept.write, [kept]);
    for (const backend of kept.joining ?? []) backends.add(backend);
  }
  const isOne = byWriter.size === 1 && backends.size === 1; // then one statement goes with the COMMIT
  for (const [write, kept] of byWriter) await write(kept, isOne ? withCommit : undefined);
}
