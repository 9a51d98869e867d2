import { parseJson, type AuditEvent, type JsonObject } from '../../audit/nest-free.js';
import type { ActStatement } from '../../monitoring/keep/acts/act-note.js';
import { recordAct } from '../../monitoring/keep/acts/store-act.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';

export const STREAM_CHANGES = [
  'added',
  'altered',
  'paused',
  'resumed',
  'ended',
  'retried',
  'dropped',
  'removed',
  'tested',
  'replayed',
  'secret_rotated',
  'secret_dropped',
  'secrets_rekeyed',
] as const;

export interface StreamChange {
  readonly stream: string;
  readonly change: (typeof STREAM_CHANGES)[number];
  /** For `added` and `altered`: the digest of the options, the digest of the selection, and the option `keepsEvents`. */
  readonly settings?: string;
  readonly selection?: string;
  readonly keepsEvents?: boolean;
  /** For `added`: the stream is paused until somebody resumes it. */
  readonly paused?: true | undefined;
  /** For a stream made at run time: the digest of its stored definition and encrypted secrets. */
  readonly definition?: string | undefined;
  /** For `retried` and `dropped`: the sequence numbers of the parked events. */
  readonly places?: readonly number[];
  /** For `replayed`, and for `resumed` with a new position: the first sequence number. */
  readonly first?: number;
  /** For `replayed`: the last sequence number, and the name of the replay. */
  readonly last?: number;
  readonly replay?: string;
}

/** Makes the statement of the act that records a change. Members that are `undefined` are left out. */
function streamChange(change: StreamChange): ActStatement {
  return { ...(parseJson(JSON.stringify(change)) as JsonObject), act: 'stream_change' }; // a change is an object
}

export interface StreamOperator {
  readonly actor: AuditEvent['actor'];
  readonly reason?: string | undefined;
  readonly signer: StatementSigner;
}

export function asSystem(signer: StatementSigner, reason?: string): StreamOperator {
  return { actor: { type: 'system', name: 'nestjs-audit-ledger' }, reason, signer };
}

const KNOWN = 'SELECT FROM audit_stream WHERE name = $1';

export async function hasStream(session: LedgerQueries, name: string): Promise<boolean> {
  return (await session.rows(KNOWN, [name])).length > 0;
}

/** Stores the signed act of a change. Call this function before the transaction's first write. Resolves with the act's number. */
export async function recordStreamChange(
  session: LedgerQueries,
  change: StreamChange,
  { actor, reason, signer }: StreamOperator,
): Promise<number> {
  const { number } = await recordAct(session, { statement: streamChange(change), signer, actor, reason });
  return number;
}
