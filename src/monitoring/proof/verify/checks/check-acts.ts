import { ActChain, hashAct, type Act, type ActStatement } from '../../../keep/acts/act-note.js';
import { isSameHash } from '../../log/merkle/hashes.js';
import { computeEdgeRoot } from '../../log/tiles/tree-edge.js';
import type { Check, CheckResult } from '../check.js';
import { readTileEdge } from '../check-consistency.js';
import { describeFinding, type Finding, type FindingKind } from '../finding.js';
import type { LogSource } from '../sources/log-source.js';
import { checkBundles } from './check-bundles.js';

/** An act that passed all checks. */
export interface TrustedAct {
  readonly number: number;
  readonly eventId: string;
  readonly statement: ActStatement;
  /** The id of the event's actor. */
  readonly by?: string | undefined;
}

interface CheckedActs extends CheckResult {
  readonly acts: ReadonlyMap<string, TrustedAct>;
}

/**
 * Compares the acts with each other and with the log. Each must be a signed act with the next number and the hash of the previous act. An
 * act's tree must be a tree of the log, and an event of the log must contain the act.
 */
export const checkActs: Check<CheckedActs> = async (run) => {
  const { source, size } = run.log;
  const check = new ActCheck(source.names.acts);
  const parked: string[] = [];
  await source.eachAct(({ isCarried, isParked, ...act }, signed) => {
    if (isParked) parked.push(`The event of act ${act.number} is parked, so no event of the log contains the act yet.`);
    check.add(act, signed, isCarried);
  });
  const acts = await check.finish(new Roots(source, size));
  // A missing bundle may contain the missing acts.
  const areGapsExplained = (await run.of(checkBundles)).bundles.size > 0;
  return {
    acts,
    findings: [...check.findings, ...(areGapsExplained ? [] : check.gaps)],
    warnings: [...parked, ...(areGapsExplained ? check.gaps.map(describeFinding) : [])],
  };
};

/** Checks acts against each other, and against the trees of the log. Add the acts in the order of their numbers. */
class ActCheck {
  readonly findings: Finding[] = [];
  /** The findings about missing numbers between acts. */
  readonly gaps: Finding[] = [];
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
      this.gaps.push({ kind: 'act_missing', table: this.table, what });
    }
    if (isTwice) this.note(position, 'act_duplicated', 'another act has its number');
    else if (!act) this.note(position, 'act_forged', 'no known key of this log signed it');
    else if (wrong !== undefined) this.note(position, 'act_altered', wrong);
    else if (!isCarried) this.note(position, 'act_forged', 'no event of the log contains it');
    else this.read.push({ ...position, key: hashAct(note), act });
  }

  async finish(roots: Roots): Promise<ReadonlyMap<string, TrustedAct>> {
    const acts = new Map<string, TrustedAct>();
    for (const { key, act, ...position } of this.read) {
      if (await roots.isInLog(act)) acts.set(key, { ...position, statement: act.statement });
      else this.note(position, 'act_forged', 'it names a tree that the log never had');
    }
    return acts;
  }

  private note({ number, eventId }: Pick<TrustedAct, 'number' | 'eventId'>, kind: FindingKind, what: string): void {
    this.findings.push({ kind, table: this.table, eventId, what: `act ${number}: ${what}` });
  }
}

/**
 * The roots of the log, read from its checkpoints. If a checkpoint is missing, the root is computed from tiles. Other checks compare the
 * checkpoints and the tiles with the events.
 */
class Roots {
  private readonly known = new Map<number, Uint8Array | undefined>();

  constructor(
    private readonly source: LogSource,
    private readonly size: number,
  ) {}

  /** Whether the log had the tree that an act names. Also true if a tile is missing, because another check reports the tile. */
  async isInLog({ head }: Pick<Act, 'head'>): Promise<boolean> {
    if (!(head.size <= this.size)) return false;
    if (!this.known.has(head.size)) {
      this.known.set(head.size, (await this.source.signedRoot(head.size)) ?? (await this.rootAt(head.size)));
    }
    const root = this.known.get(head.size);
    return root === undefined || isSameHash(root, head.rootHash);
  }

  private async rootAt(size: number): Promise<Uint8Array | undefined> {
    const edge = await readTileEdge(this.source, size, this.size);
    return edge && computeEdgeRoot(edge);
  }
}
