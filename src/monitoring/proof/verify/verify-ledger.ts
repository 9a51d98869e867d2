import type pg from 'pg';
import { VERIFIER } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import type { CheckOptions, OpenedLog } from './check.js';
import { runChecks } from './checks.js';
import { buildTrust } from './judge-checkpoint.js';
import { followEventKeys, assertKnownKeys } from './known-keys.js';
import { countLeaves, publishedHeads, readNewestHead, readStoredKeys, assertLedgerExists } from './read-heads.js';
import { DatabaseSource } from './sources/database-source.js';
import type { VerifyWorkers } from './sources/range-workers.js';
import type { Verification } from './verification.js';

export interface VerifyLedgerOptions extends CheckOptions {
  /** The connection URL of the ledger's database, or a `pg` client with an open transaction. The login must be allowed to read the ledger. */
  readonly database: string | pg.ClientBase;
  /** The log's verifier keys. @defaultValue the keys in the database, with a warning */
  readonly verifierKeys?: readonly string[];
  /** The origin and parsed keys, instead of `verifierKeys`. With this option, `threads` is ignored. */
  readonly trust?: CheckpointTrust;
  /** The threads that read and hash. @defaultValue the caller's thread */
  readonly threads?: VerifyWorkers;
  /** Without threads, the number of leaves that one statement reads. @defaultValue 4096 */
  readonly pageRows?: number;
  /** Aborts the verification, which then rejects. Not allowed with threads. */
  readonly signal?: AbortSignal;
}

/**
 * Recomputes the leaf of every sealed event from the stored row. Compares the result with the stored leaf, the tiles and every signed
 * checkpoint, in one snapshot of the database. Changes nothing, and needs only a few megabytes of memory, whatever the ledger's size.
 *
 * @throws `AUDIT_REQUEST_INVALID`, and the errors of notes and keys for unusable input
 * @throws the error of the PostgreSQL client if the database cannot be read
 */
export async function verifyLedger(options: VerifyLedgerOptions): Promise<Verification> {
  const { database, signal } = options;
  const snapshot =
    typeof database === 'string'
      ? await LedgerSession.open(database, VERIFIER, { signal })
      : await LedgerSession.within(database, VERIFIER);
  try {
    return await runChecks(await openLedger(snapshot, options));
  } finally {
    await snapshot.close();
  }
}

/** Establishes the keys and the newest checkpoint that they signed. A ledger with neither a leaf nor a key is opened without keys. */
async function openLedger(snapshot: LedgerSession, options: VerifyLedgerOptions): Promise<OpenedLog> {
  await assertLedgerExists(snapshot);
  const { database, verifierKeys = [], published: notes = [], since, threads, pageRows } = options;
  const stored = verifierKeys.length > 0 || options.trust ? [] : await readStoredKeys(snapshot);
  const keys = [...verifierKeys, ...stored];
  const leaves = await countLeaves(snapshot);
  const isEmpty = keys.length === 0 && !options.trust && leaves === 0;
  const input = options.trust ?? (isEmpty ? { origin: '', keys: [] } : buildTrust(keys));
  const { trust, followed } = await followEventKeys(snapshot, input);
  const head = await readNewestHead(snapshot, trust);
  const published = isEmpty ? [] : publishedHeads(since === undefined ? notes : [...notes, since], trust);
  if (!head && published.length === 0 && verifierKeys.length > 0) await assertKnownKeys(snapshot, verifierKeys, trust);
  const isParallel = threads && threads.count > 1 && typeof database === 'string' && !options.trust;
  const parallel = isParallel && { threads, connectionUrl: database, verifierKeys: [...keys, ...followed] };
  return {
    source: new DatabaseSource(snapshot, trust, { pageRows, ...(parallel && { parallel }) }),
    ...{
      trust,
      followed,
      areKeysStored: stored.length > 0,
      head,
      size: head?.size ?? leaves,
      leaves,
      published,
      options,
    },
    nowMs: (options.now ?? Date.now)(),
  };
}
