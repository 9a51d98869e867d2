import { hash } from 'node:crypto';
import type { JsonObject } from '../../../audit/nest-free.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { parseJson } from '../../../base/json/parse-json.js';
import { undefinedIfRejected } from '../../errors/undefined-if-rejected.js';
import { parseCheckpoint, type CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { verifyNote } from '../../proof/log/notes/signed-note.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { verifyErrors } from '../../errors/verify.errors.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';

export const ACT_EVENTS = {
  /** States which events retention removed, and why. */
  retirement: { type: 'audit_events_retired', severity: 'info' },
  /** An erasure stores one act for each page of erased events. */
  erasure: { type: 'audit_events_erased', severity: 'info' },
  erasure_request: { type: 'audit_erasure_requested', severity: 'info' },
  erasure_withdrawal: { type: 'audit_erasure_withdrawn', severity: 'info' },
  erasure_completion: { type: 'audit_erasure_completed', severity: 'info' },
  /** These events contain the acts; people read the hold's separate events, with the actions in `HOLD_ACTIONS`. */
  hold_placement: { type: 'audit_hold_placed', severity: 'info' },
  hold_release: { type: 'audit_hold_released', severity: 'info' },
  key_change: { type: 'audit_signing_keys_changed', severity: 'warning' },
  key_loss: { type: 'audit_signing_key_lost', severity: 'critical' },
  adoption: { type: 'audit_ledger_adopted', severity: 'critical' },
  context_keys: { type: 'audit_context_keys_changed', severity: 'warning' },
  row_digests: { type: 'audit_row_digests_kept', severity: 'info' },
} as const;

type ActName = keyof typeof ACT_EVENTS;

export const ACT_TYPES: readonly string[] = Object.values(ACT_EVENTS).map(({ type }) => type);

/** The first line of an act. The ledger's key signs both acts and checkpoints; this line distinguishes them. */
export const ACT_HEADER = 'nestjs-audit-ledger/act@v1';

/** The value of `previous` in the first act of a ledger. */
export const NO_ACT_HASH = Buffer.alloc(32).toString('base64');

export type ActStatement = JsonObject & { readonly act: ActName };

export interface Act {
  readonly head: TreeHead;
  /** The number of the act: 1 for the ledger's first act, and one more for each later act. */
  readonly number: number;
  /** The hash of the previous act, by {@link hashAct}; {@link NO_ACT_HASH} in the first act. */
  readonly previous: string;
  readonly statement: ActStatement;
}

/**
 * Formats an act as the text to sign. The lines are: the header, the log's origin, the tree's size and root, the act's number, the previous
 * act's hash, the statement.
 */
export function formatAct(origin: string, { head, number, previous, statement }: Act): string {
  const root = Buffer.from(head.rootHash).toString('base64');
  const position = `${head.size}\n${root}\n${number}\n${previous}`;
  return `${ACT_HEADER}\n${origin}\n${position}\n${canonicalJson(statement)}\n`;
}

/**
 * Reads an act from a note that a key of the log signed. The caller must check that the act's head belongs to the log, and that the number
 * and the hash are right.
 *
 * @throws `AUDIT_ACT_INVALID` for a note that is not a signed act of this log
 */
export function verifyAct(note: string, { origin, keys }: CheckpointTrust): Act {
  const [type, name, size, root, number = '', previous = '', json = '', ...rest] = signedText(note, keys).split('\n');
  if (type !== ACT_HEADER) throw verifyErrors.AUDIT_ACT_INVALID(`its first line is not ${ACT_HEADER}`);
  if (name !== origin) throw verifyErrors.AUDIT_ACT_INVALID(`it belongs to another log than ${origin}`);
  if (rest.join('\n') !== '') throw verifyErrors.AUDIT_ACT_INVALID('it has too many lines');
  const { size: headSize, rootHash } = parseCheckpoint(`${name}\n${size ?? ''}\n${root ?? ''}\n`);
  const statement = parseJson(json) as ActStatement; // a key of the log signed the note, so formatAct() wrote the note
  return { head: { size: headSize, rootHash }, number: Number(number), previous, statement };
}

/** Returns the act in a note that a key of the log signed; `undefined` for any other note. */
export function parseAct(note: string, trust: CheckpointTrust): Act | undefined {
  return undefinedIfRejected(() => verifyAct(note, trust));
}

/** Reads the statement of an act from the act's note, without checking the signatures. Returns `{}` for any other text. */
export function parseActText(note: string): JsonObject {
  const [, , , , , , json = ''] = note.split('\n');
  try {
    return Object(parseJson(json)) as JsonObject; // the statement of an act is an object; callers check each member
  } catch {
    return {};
  }
}

/** Returns the SHA-256 of an act's whole note, including the signatures, in base64. The next act states this hash. */
export function hashAct(note: string): string {
  return hash('sha256', note, 'base64');
}

function signedText(note: string, keys: CheckpointTrust['keys']): string {
  try {
    return verifyNote(note, keys).text;
  } catch (error) {
    if (error instanceof AuditError) throw verifyErrors.AUDIT_ACT_INVALID(error.message.replace(/\.$/, ''), error);
    throw error;
  }
}

export interface ActPosition {
  readonly number: number;
  readonly note: string;
}

export const CHAIN_START: ActPosition = { number: 0, note: '' };

/** Checks that each act has the next number, and states the hash of the previous act. Add the acts in the order of their numbers. */
export class ActChain {
  /** @param last the act before the first added act */
  constructor(private last: ActPosition = CHAIN_START) {}

  /**
   * Checks the position of the next act, and returns what is wrong with the act. `missing` has the numbers of the acts that are missing
   * before this act.
   *
   * @param act the verified content of the act's note; absent if the note could not be verified
   */
  add(
    position: ActPosition,
    act: Act | undefined,
  ): { readonly wrong?: string; readonly isTwice: boolean; readonly missing?: { first: number; last: number } } {
    const { last } = this;
    if (position.number === last.number) return { isTwice: true };
    this.last = position;
    const first = last.number + 1;
    if (position.number > first) {
      return {
        isTwice: false,
        missing: { first, last: position.number - 1 },
        ...findChainError(position, act, undefined),
      };
    }
    return { isTwice: false, ...findChainError(position, act, last.number === 0 ? NO_ACT_HASH : hashAct(last.note)) };
  }
}

function findChainError(
  { number }: ActPosition,
  act: Act | undefined,
  previous: string | undefined,
): { readonly wrong?: string } {
  if (!act) return {};
  if (act.number !== number) return { wrong: `its note states the number ${act.number}` };
  if (previous !== undefined && act.previous !== previous) {
    return { wrong: 'its hash of the previous act is wrong' };
  }
  return {};
}

/**
 * Reads the notes of all stored acts of one type. The caller must verify the notes' signatures. Rejects with the errors of the PostgreSQL
 * client.
 */
export async function readActs(session: LedgerQueries, type: string): Promise<readonly string[]> {
  const rows = await session.rows('SELECT note FROM audit_act WHERE type = $1 ORDER BY event_id', [type]);
  return rows.map(({ note }) => String(note));
}

/** Whether a trusted key signed an act of the type that `isWanted` accepts. Rejects with the error of the PostgreSQL client. */
export async function hasAct(
  session: LedgerQueries,
  type: string,
  trust: CheckpointTrust,
  isWanted: (statement: ActStatement) => boolean | undefined,
): Promise<boolean> {
  return (await readActs(session, type)).some((note) => {
    const act = parseAct(note, trust);
    return act && isWanted(act.statement);
  });
}
