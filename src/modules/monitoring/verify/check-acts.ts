import { ActChain } from '../acts/act-chain.js';
import { ACT_HEADER, actOf, hashAct, type Act, type ActStatement } from '../acts/act-note.js';
import { ACT_TYPES } from '../acts/act-types.js';
import { isSameHash } from '../log/merkle/hashes.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { rootOfEdge } from '../log/tiles/tree-edge.js';
import { edgeOfTiles } from './continues-published.js';
import type { Finding, FindingKind } from './finding.js';
import { judgeCheckpoint } from './judge-checkpoint.js';
import type { LogSource } from './log-reading.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { storedBytes } from './stored-bytes.js';

const TABLE = 'audit_act';

/** Looks up each act in the month of its id; a join would read all months. */
const ACTS = `
  SELECT act.number, act.event_id, act.type, act.note, event.type, event.carried,
         EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = act.event_id)::text
    FROM audit_act act
    LEFT JOIN LATERAL (SELECT type, details->>'act' AS carried FROM audit_event WHERE id = act.event_id OFFSET 0) event ON true
   ORDER BY act.number, act.event_id`;
const CHECKPOINT = 'SELECT root, note FROM audit_checkpoint WHERE size = $1 LIMIT 1';
const UNKEPT = `
  SELECT id, details->>'act' AS note FROM audit_event event
   WHERE type = ANY ($1::text[]) AND outcome = 'success' AND starts_with(details->>'act', $2)
     AND NOT EXISTS (SELECT FROM audit_act act WHERE act.note = event.details->>'act')
   ORDER BY id`;

/** The trust by which acts are checked. */
export interface ActTrust {
  readonly trust: CheckpointTrust;
  /** The size of the newest signed tree. */
  readonly size: number;
  readonly source: Pick<LogSource, 'readTile'>;
}

/** An act of the ledger that passed all checks. */
export interface TrustedAct {
  readonly number: number;
  readonly statement: ActStatement;
  readonly eventId: string;
}

/** The result of checking the acts of a ledger. */
export interface CheckedActs {
  /** The trusted acts, by the hashes of their notes. */
  readonly acts: ReadonlyMap<string, TrustedAct>;
  readonly findings: readonly Finding[];
}

interface ReadAct {
  readonly number: number;
  readonly eventId: string;
  readonly key: string;
  readonly act: Act;
}

/**
 * Compares the table of acts with the log, both ways: each row is a signed act, with the next number and the hash of the one before, bound
 * to a tree that the log had, and carried by an event of the log; each signed act that an event carries has its row. Rejects with the
 * client's error.
 */
export async function checkActs(snapshot: LedgerSession, { trust, size, source }: ActTrust): Promise<CheckedActs> {
  const read: ReadAct[] = [];
  const findings: Finding[] = [];
  const chain = new ActChain();
  await snapshot.eachText(ACTS, [], 'verify_acts', (row) => {
    const [number, eventId, type, note, eventType, carried, isPlaced] = row.map((text) => text ?? '');
    const place = { number: Number(number), note: note ?? '' };
    const act = actOf(place.note, trust);
    const { missing, isTwice, wrong } = chain.add(place, act);
    if (missing) findings.push(missingOf(missing));
    const isCarried = eventType === '' ? isPlaced === 'true' : eventType === type && carried === note;
    const at = { number: place.number, eventId };
    if (isTwice) findings.push(findingOf(at, 'act_duplicated', 'another act has its number'));
    else if (!act) findings.push(findingOf(at, 'act_forged', 'it is not signed by a known key of this log'));
    else if (wrong !== undefined) findings.push(findingOf(at, 'act_altered', wrong));
    else if (!isCarried) findings.push(findingOf(at, 'act_forged', 'no event of the log carries it'));
    else read.push({ number: place.number, eventId: eventId ?? '', key: hashAct(place.note), act });
  });
  const acts = new Map<string, TrustedAct>();
  const roots = new Roots(source, size, async (at) => {
    const [row] = await snapshot.rows(CHECKPOINT, [at]);
    const judged = row && judgeCheckpoint({ size: at, root: storedBytes(row.root), note: String(row.note) }, trust);
    return judged && 'head' in judged ? judged.head.rootHash : undefined;
  });
  for (const { number, eventId, key, act } of read) {
    if (await roots.isOfLog(act)) acts.set(key, { number, eventId, statement: act.statement });
    else findings.push(findingOf({ number, eventId }, 'act_forged', BOUND_ELSEWHERE));
  }
  for (const { id, note } of await snapshot.rows(UNKEPT, [ACT_TYPES, ACT_HEADER])) {
    const act = actOf(String(note), trust); // anybody who may record events may write an unsigned act
    if (act) findings.push(findingOf({ number: act.number, eventId: String(id) }, 'act_missing', ROW_GONE));
  }
  return { acts, findings };
}

const ROW_GONE = 'an event of the log carries it, and its row is gone';
const BOUND_ELSEWHERE = 'it is bound to a tree that the log never had';

/** The log's own roots, from its checkpoints, or otherwise from its tiles; both are compared with its events elsewhere. */
export class Roots {
  private readonly known = new Map<number, Uint8Array | undefined>();

  constructor(
    private readonly source: Pick<LogSource, 'readTile'>,
    private readonly size: number,
    private readonly signedRoot: (size: number) => Promise<Uint8Array | undefined> = () => Promise.resolve(undefined),
  ) {}

  /** Whether the log had the tree that an act is bound to. A missing tile is reported as such, elsewhere. */
  async isOfLog({ head }: Pick<Act, 'head'>): Promise<boolean> {
    if (!(head.size <= this.size)) return false;
    if (!this.known.has(head.size)) {
      this.known.set(head.size, (await this.signedRoot(head.size)) ?? (await this.rootAt(head.size)));
    }
    const root = this.known.get(head.size);
    return root === undefined || isSameHash(root, head.rootHash);
  }

  private async rootAt(size: number): Promise<Uint8Array | undefined> {
    const edge = await edgeOfTiles(this.source, size, this.size);
    return edge && rootOfEdge(edge);
  }
}

function missingOf({ first, last }: { readonly first: number; readonly last: number }): Finding {
  const which = first === last ? `act ${first}` : `acts ${first} to ${last}`;
  return { kind: 'act_missing', table: TABLE, what: `${which}: later acts follow, and nothing has this number` };
}

function findingOf(
  { number, eventId = '' }: { readonly number: number; readonly eventId: string | undefined },
  kind: FindingKind,
  what: string,
): Finding {
  return { kind, table: TABLE, eventId, what: `act ${number}: ${what}` };
}
