import type { FindingKind } from '../../../src/modules/monitoring/verify/finding.js';
import type { Attack } from './attack.js';

/** Whose rights and knowledge somebody has who tampers. Who has the stolen key is a superuser as well. */
export type Attacker = 'writer' | 'owner' | 'superuser' | 'stolen key';

/** What is found, and where; a place that is left out may be any. */
interface Named {
  readonly kind: FindingKind;
  readonly table?: string;
  readonly index?: number;
  readonly eventId?: string;
}

/**
 * What comes of it:
 * - `named`: just these kinds of findings, each at least once at the place that is given;
 * - `refused`: the server says no, in these words;
 * - `told`: a sentence of the command reports it, and no finding: a warning, a protection that is gone;
 * - `unchecked`: the command ends with 2, and says why;
 * - `cannot`: nothing can name it. The text is the row of the guide's table of threats that says why.
 */
export type Outcome =
  | { readonly named: readonly Named[] }
  | { readonly refused: RegExp }
  | { readonly told: RegExp }
  | { readonly unchecked: RegExp }
  | { readonly cannot: string };

/** How it is looked for: as the guide says, with other arguments, or by another command. */
type Check = (attack: Attack) => {
  readonly command: 'verify' | 'verify-archive';
  readonly args: readonly string[];
};

/** One manipulation. */
export interface Tampering {
  readonly name: string;
  readonly as: Attacker;
  /** Statements, or what runs them. */
  readonly do: string | ((attack: Attack) => Promise<unknown>);
  readonly outcome: Outcome | ((attack: Attack) => Outcome);
  /**
   * Whether it is done in a copy of the ledger, and by the command: for what takes effect in other connections.
   *
   * @defaultValue in a transaction that is rolled back
   */
  readonly isCommitted?: boolean;
  /** Of the files alone, where nothing is committed. @defaultValue `verify` with the key and the checkpoint that the auditor kept */
  readonly check?: Check;
  /** Of `verify`: for what is on the application's own machine. */
  readonly environment?: (attack: Attack) => Readonly<Record<string, string>>;
}

/** A list of manipulations by one attacker, as a table: a name, statements, and what comes of it. */
export function listOf(
  as: Attacker,
  rows: readonly (readonly [string, Tampering['do'], Tampering['outcome']])[],
): readonly Tampering[] {
  return rows.map(([name, work, outcome]) => ({ name, as, do: work, outcome }));
}

/** One finding at a place of the log, by its name in the scene. */
export function at(kind: FindingKind, place: keyof Attack['scene']['at'], table?: string): Tampering['outcome'] {
  return ({ scene }) => {
    const index = scene.at[place];
    const eventId = kind.startsWith('tile') || kind === 'leaf_missing' ? {} : { eventId: scene.ids[index] ?? '' };
    return { named: [{ kind, index, ...eventId, ...(table === undefined ? {} : { table }) }] };
  };
}

/** Findings of these kinds, wherever they are. */
export function kinds(...list: readonly FindingKind[]): Outcome {
  return { named: list.map((kind) => ({ kind })) };
}
