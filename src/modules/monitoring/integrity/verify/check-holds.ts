import { AuditError, canonicalJson } from '../../../../audit/index.js';
import {
  HOLD_ACTIONS,
  HOLD_COLUMNS,
  placementOf,
  releaseOf,
  verifyAct,
  type Act,
  type ActStatement,
  type StatedHold,
} from '../../acts/index.js';
import { isSameHash } from '../merkle/index.js';
import type { CheckpointTrust } from '../notes/index.js';
import { CLOCK_TOLERANCE_MS } from './check-cosignatures.js';
import type { Finding } from './finding.js';
import type { Snapshot } from './snapshot.js';
import { storedBytes } from './stored-bytes.js';

const TABLE = 'audit_legal_hold';
const HOLDS = `SELECT ${HOLD_COLUMNS}, placed_act, released_act FROM ${TABLE} ORDER BY id`;
const EVENTS = `
  SELECT id, details->>'act' AS act FROM audit_event
   WHERE type = ANY ($1::text[]) AND outcome = 'success' AND details->>'act' IS NOT NULL ORDER BY id`;
const ROOTS = 'SELECT size, root FROM audit_checkpoint WHERE size = ANY ($1::bigint[])';

/** What acts are held against. */
export interface ActTrust {
  readonly trust: CheckpointTrust;
  /** Of the newest tree that is signed. */
  readonly size: number;
  readonly nowMs: number;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Holds the legal holds against their acts, both ways: each row must be what signed acts state, and each act that an event of
 * the log carries must have its row. Rejects with the client's error.
 */
export async function checkHolds(snapshot: Snapshot, request: ActTrust): Promise<readonly Finding[]> {
  const rows = await snapshot.rows(HOLDS);
  const check = new HoldCheck(request, await rootsOf(snapshot, rows, request.trust));
  const events = await snapshot.rows(EVENTS, [Object.values(HOLD_ACTIONS)]);
  return [...rows.flatMap((row) => check.findingsOfRow(row)), ...check.findingsOfEvents(events, rows)];
}

class HoldCheck {
  constructor(
    private readonly request: ActTrust,
    private readonly roots: ReadonlyMap<number, Uint8Array>,
  ) {}

  findingsOfRow(row: Row): readonly Finding[] {
    const { id, ...rest } = holdOf(row);
    const hold = { id, ...rest };
    const placed = this.judge(row.placed_act, placementOf(hold), hold.placedAt, 'placed');
    if (placed) return [findingOf(id, placed)];
    const { releasedAt, releasedBy, releaseReason } = hold;
    if ([releasedAt, releasedBy, releaseReason, row.released_act].every((value) => (value ?? null) === null)) return [];
    const released = this.judge(row.released_act, releaseOf(hold), releasedAt ?? '', 'released');
    return released ? [findingOf(id, released)] : [];
  }

  /** An event whose act no key of the log signed is none of a hold: whoever may record events may write one. */
  findingsOfEvents(events: readonly Row[], rows: readonly Row[]): readonly Finding[] {
    const holds = new Map(rows.map((row) => [String(row.id), holdOf(row)] as const));
    const findings: Finding[] = [];
    for (const { id, act: note } of events) {
      const { statement } = actOf(String(note), this.request.trust) ?? {};
      if (!statement) continue;
      const holdId = String(statement.holdId);
      const hold = holds.get(holdId);
      const at = { table: TABLE, eventId: String(id) };
      if (!hold) {
        findings.push({
          ...at,
          kind: 'hold_missing',
          what: `${holdId}: a signed act states this hold, and its row is gone`,
        });
      } else if (statement.act === 'hold_release' && hold.releasedAt === undefined) {
        const what = `${holdId}: a signed act released it, and its row says that it is active`;
        findings.push({ ...at, kind: 'hold_altered', what });
      }
    }
    return findings;
  }

  private judge(
    note: unknown,
    expected: ActStatement,
    time: string,
    done: string,
  ): Pick<Finding, 'kind' | 'what'> | undefined {
    if (typeof note !== 'string') return { kind: 'hold_forged', what: `no signed act says that it was ${done}` };
    const act = actOf(note, this.request.trust);
    if (!act)
      return { kind: 'hold_forged', what: `the act by which it was ${done} is not signed by a known key of this log` };
    if (canonicalJson(act.statement) !== canonicalJson(expected)) {
      return { kind: 'hold_altered', what: `its row says otherwise than the act by which it was ${done}` };
    }
    if (!(Date.parse(time) <= this.request.nowMs + CLOCK_TOLERANCE_MS)) {
      return { kind: 'hold_forged', what: `the act by which it was ${done} is dated after now` };
    }
    const isOfLog = this.isOfLog(act);
    return isOfLog
      ? undefined
      : { kind: 'hold_forged', what: `the act by which it was ${done} is bound to another tree` };
  }

  /** Where no checkpoint of its size is left, its signature alone says so. */
  private isOfLog({ head }: Act): boolean {
    const root = this.roots.get(head.size);
    return head.size <= this.request.size && (root === undefined || isSameHash(root, head.rootHash));
  }
}

async function rootsOf(
  snapshot: Snapshot,
  rows: readonly Row[],
  trust: CheckpointTrust,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const notes = rows.flatMap((row) => [row.placed_act, row.released_act]).filter((note) => typeof note === 'string');
  const sizes = notes.map((note) => actOf(note, trust)?.head.size).filter((size) => size !== undefined);
  if (sizes.length === 0) return new Map();
  const roots = await snapshot.rows(ROOTS, [[...new Set(sizes)]]);
  return new Map(roots.map(({ size, root }) => [Number(size), storedBytes(root)]));
}

function actOf(note: string, trust: CheckpointTrust): Act | undefined {
  try {
    return verifyAct(note, trust);
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}

function findingOf(id: string, { kind, what }: Pick<Finding, 'kind' | 'what'>): Finding {
  return { kind, table: TABLE, what: `${id}: ${what}` };
}

function holdOf(row: Row): StatedHold {
  const fields = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(fields) as unknown as StatedHold; // the columns are named so
}
