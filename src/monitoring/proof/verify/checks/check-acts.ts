import { ActChain } from '../../../keep/acts/act-chain.js';
import { ACT_HEADER, actOf, hashAct, type Act } from '../../../keep/acts/act-note.js';
import { ACT_TYPES } from '../../../keep/acts/act-types.js';
import { isSameHash } from '../../log/merkle/hashes.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { rootOfEdge } from '../../log/tiles/tree-edge.js';
import { edgeOfTiles } from '../check-consistency.js';
import type { Finding, FindingKind } from '../finding.js';
import type { KnownAct } from './check-published.js';
import { judgeCheckpoint } from '../judge-checkpoint.js';
import type { LogSource } from '../sources/log-source.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

/**
 * Looks up the event of each act in the month of the event's id. A plain join would read all months. The event of a recent act may wait in the
 * inbox, and that of another one may be parked: then its line contains the act.
 */
const ACTS = `
  SELECT act.number, act.event_id, act.type, act.note, event.type, event.carried, event.actor_id,
         CASE WHEN EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = act.event_id) THEN 'log' ELSE (
           SELECT CASE WHEN bool_and(is_parked) THEN 'parked' ELSE 'inbox' END FROM audit_waiting(ARRAY[act.event_id])
            WHERE strpos(line, '"act":' || to_json(act.note)) > 0 AND strpos(line, '"type":' || to_json(act.type)) > 0
           HAVING count(*) > 0) END
    FROM audit_act act
    LEFT JOIN LATERAL (
      SELECT type, details->>'act' AS carried, actor_id FROM audit_event WHERE id = act.event_id OFFSET 0) event ON true
   ORDER BY act.number, act.event_id`;
const CHECKPOINT = 'SELECT size, root, note FROM audit_checkpoint WHERE size = $1 LIMIT 1';
const UNKEPT = `
  SELECT id, details->>'act' AS note FROM audit_event event
   WHERE type = ANY ($1::text[]) AND outcome = 'success' AND starts_with(details->>'act', $2)
     AND NOT EXISTS (SELECT FROM audit_act act WHERE act.note = event.details->>'act')
   ORDER BY id`;

export interface ActTrust {
  readonly trust: CheckpointTrust;
  /** The size of the newest signed tree. */
  readonly size: number;
  readonly source: Pick<LogSource, 'readTile'>;
}

export interface TrustedAct extends KnownAct {
  readonly number: number;
}

export interface CheckedActs {
  readonly acts: ReadonlyMap<string, TrustedAct>;
  readonly findings: readonly Finding[];
  /** The numbers of acts whose event is parked. */
  readonly parked: readonly number[];
}

/**
 * Compares the table of acts with the log. Each row must be a signed act with the next number and the hash of the previous act. An act's
 * tree must be a tree of the log, and an event of the log must contain the act. Each signed act in an event must have a row.
 */
export async function checkActs(snapshot: LedgerSession, { trust, size, source }: ActTrust): Promise<CheckedActs> {
  const check = new ActCheck('audit_act');
  const parked: number[] = [];
  await snapshot.eachText(ACTS, [], 'verify_acts', (row) => {
    const [number, eventId = '', type, note = '', eventType, carried, by, state] = row.map((text) => text ?? '');
    const isCarried = eventType === '' ? state !== '' : eventType === type && carried === note;
    if (state === 'parked') parked.push(Number(number));
    const actor = by === '' ? {} : { by };
    check.add({ number: Number(number), note, eventId, ...actor }, actOf(note, trust), isCarried);
  });
  const roots = new Roots(source, size, async (at) => {
    const [row] = await snapshot.rows(CHECKPOINT, [at]);
    const judged = row && judgeCheckpoint(row, trust);
    return judged && 'head' in judged ? judged.head.rootHash : undefined;
  });
  const acts = await check.finish(roots);
  for (const { id, note } of await snapshot.rows(UNKEPT, [ACT_TYPES, ACT_HEADER])) {
    const act = actOf(String(note), trust); // any login that may add events can write an unsigned act
    if (act) check.note({ number: act.number, eventId: String(id) }, 'act_missing', ROW_GONE);
  }
  return { acts, findings: [...check.missing, ...check.findings], parked };
}

/** Checks acts against each other, and against the trees of the log. Add the acts in the order of their numbers. */
export class ActCheck {
  readonly findings: Finding[] = [];
  /** The findings about missing numbers between acts. */
  readonly missing: Finding[] = [];
  private readonly chain = new ActChain();
  private readonly read: (Omit<TrustedAct, 'statement'> & { readonly key: string; readonly act: Act })[] = [];

  constructor(private readonly table: string) {}

  /**
   * @param act the signed content of `note`; absent if no known key signed the note
   * @param isCarried whether an event of the log contains the act
   */
  add(
    { note, ...position }: Omit<TrustedAct, 'statement'> & { readonly note: string },
    act: Act | undefined,
    isCarried = true,
  ): void {
    const { missing, isTwice, wrong } = this.chain.add({ number: position.number, note }, act);
    if (missing) {
      const { first, last } = missing;
      const which = first === last ? `act ${first}` : `acts ${first} to ${last}`;
      const what = `${which}: later acts exist, and no act has this number`;
      this.missing.push({ kind: 'act_missing', table: this.table, what });
    }
    if (isTwice) this.note(position, 'act_duplicated', 'another act has its number');
    else if (!act) this.note(position, 'act_forged', 'no known key of this log signed it');
    else if (wrong !== undefined) this.note(position, 'act_altered', wrong);
    else if (!isCarried) this.note(position, 'act_forged', 'no event of the log contains it');
    else this.read.push({ ...position, key: hashAct(note), act });
  }

  /** Returns the acts that passed all checks, by the hashes of the acts' notes. Rejects with the errors of `roots`. */
  async finish(roots: Roots): Promise<ReadonlyMap<string, TrustedAct>> {
    const acts = new Map<string, TrustedAct>();
    for (const { key, act, ...position } of this.read) {
      if (await roots.isOfLog(act)) acts.set(key, { ...position, statement: act.statement });
      else this.note(position, 'act_forged', 'it names a tree that the log never had');
    }
    return acts;
  }

  note({ number, eventId }: Pick<TrustedAct, 'number' | 'eventId'>, kind: FindingKind, what: string): void {
    this.findings.push({ kind, table: this.table, eventId, what: `act ${number}: ${what}` });
  }
}

const ROW_GONE = 'an event of the log contains it, but its row is missing';

/**
 * The roots of the log, read from its checkpoints. If a checkpoint is missing, the root is computed from tiles. Other checks compare the
 * checkpoints and the tiles with the events.
 */
export class Roots {
  private readonly known = new Map<number, Uint8Array | undefined>();

  constructor(
    private readonly source: Pick<LogSource, 'readTile'>,
    private readonly size: number,
    private readonly signedRoot: (size: number) => Promise<Uint8Array | undefined> = () => Promise.resolve(undefined),
  ) {}

  /** Whether the log had the tree that an act names. Also true if a tile is missing, because another check reports the tile. */
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
