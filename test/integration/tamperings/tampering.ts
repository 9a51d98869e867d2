import type { FindingKind } from '../../../src/monitoring/proof/verify/finding.js';
import { sqlTable } from '../../support/sql-table.js';
import type { Attack } from './attack.js';

/** Whoever has the stolen key is a superuser as well. */
export type Attacker = 'writer' | 'owner' | 'superuser' | 'stolen key';

/** An omitted place may be any place. */
interface Named {
  /** For the message of a failure. */
  readonly change?: string;
  readonly kind: FindingKind;
  readonly table?: string;
  readonly index?: number;
  readonly eventId?: string;
}

/**
 * What comes of it:
 * - `named`: just these kinds of findings, each at least once at the place that is given;
 * - `refused`: the server says no, in these words;
 * - `told`: a sentence of the command reports it, and no finding: a warning;
 * - `weakened`: a sentence of the command names the protection that is gone;
 * - `unchecked`: the command ends with 2, and says why;
 * - `cannot`: nothing can name it. The text is the row of the guide's table of threats that says why.
 */
export type Outcome =
  | { readonly named: readonly Named[] }
  | { readonly refused: RegExp }
  | { readonly told: RegExp }
  | { readonly weakened: RegExp }
  | { readonly unchecked: RegExp }
  | { readonly cannot: string };

export interface Tampering {
  readonly name: string;
  readonly as: Attacker;
  readonly do: string | ((attack: Attack) => Promise<unknown>);
  readonly outcome: Outcome | ((attack: Attack) => Outcome);
  /** For what takes effect in other connections. By default, a transaction is rolled back. */
  readonly isCommitted?: boolean;
  /** The auditor demands a cosignature of the scene's witness. */
  readonly isWitnessed?: boolean;
  /** The checkpoint from which on a check within the transaction verifies. */
  readonly since?: (attack: Attack) => Promise<string>;
  /** The arguments of `verify`. Where nothing is committed, it may read only files. Default: with the auditor's key and checkpoint. */
  readonly check?: (attack: Attack) => readonly string[];
  readonly environment?: (attack: Attack) => Readonly<Record<string, string>>;
}

export function buildList(
  as: Attacker,
  rows: readonly (readonly [string, Tampering['do'], Tampering['outcome']])[],
): readonly Tampering[] {
  return rows.map(([name, work, outcome]) => ({ name, as, do: work, outcome }));
}

export function inCopies(tamperings: readonly Tampering[]): readonly Tampering[] {
  return tamperings.map((tampering) => ({ ...tampering, isCommitted: true }));
}

export function kinds(...list: readonly FindingKind[]): Outcome {
  return { named: list.map((kind) => ({ kind })) };
}

/**
 * Reads manipulations by one attacker, as {@link sqlTable} reads them.
 *
 * What comes of it is a word of {@link Outcome} with its text, or kinds of findings, each with places behind it: `@middle` is an event of the
 * scene, `@free` the free id, `@#512` an index. Without an arrow, the name is the sentence about the weakened protection. The statements are as {@link Attack.run} takes them.
 */
export const by =
  (as: Attacker) =>
  (...table: Parameters<typeof sqlTable>): readonly Tampering[] =>
    sqlTable(...table).map(([name, sql, comes = `weakened ${name}`]) => ({
      name,
      as,
      do: async (attack) => attack.run(sql),
      outcome: getOutcome(comes),
    }));

export function getOutcome(comes: string): Tampering['outcome'] {
  const [word = '', ...rest] = comes.split(' ');
  const text = rest.join(' ');
  if (word === 'cannot') return { cannot: text };
  if (word === 'told') return { told: new RegExp(text, 's') };
  if (word === 'weakened') return { weakened: new RegExp(text, 's') };
  if (word === 'refused') return { refused: /permission denied|must be (able|owner)|append-only/ };
  if (word === 'unchecked') return { unchecked: new RegExp(text) };
  if (!comes.includes('@')) return kinds(...(comes.split(' ') as FindingKind[])); // one that is not a kind is never found
  return (attack) => ({ named: comes.split(' ').map((place) => named(place, attack)) });
}

const TABLES: Readonly<Record<string, string>> = {
  event_moved: 'audit_leaf',
  event: 'audit_event',
  personal: 'audit_event',
  leaf: 'audit_leaf',
  tile: 'audit_tile',
  cosignature: 'audit_cosignature',
};

function named(finding: string, attack: Attack): Named {
  const [kind = '', ...places] = finding.split('@');
  const table = TABLES[kind] ?? TABLES[kind.split('_')[0] ?? ''];
  const found = { kind: kind as FindingKind, ...(table !== undefined && { table }) }; // one that is not a kind is never found
  const isNoEvent = kind.startsWith('tile') || kind === 'leaf_missing';
  const parts = places.map((place) => {
    if (place.startsWith('#')) return { index: attack.indexAt(place.slice(1)) };
    if (place === 'free') return { eventId: attack.freeId };
    const index = attack.indexAt(place);
    return { index, ...(!isNoEvent && { eventId: attack.scene.ids[index] ?? '' }) };
  });
  return Object.assign(found, ...parts) as Named;
}
