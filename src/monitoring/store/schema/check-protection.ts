import type { LedgerSession } from '../sessions/ledger-session.js';
import { findLooseLogins, findOverprivilegedLogins, findOutsiders } from './check-logins.js';
import { compareProtection } from './compare-protection.js';
import { describeDifferences } from './describe-differences.js';
import { expectedFor } from './expected-protection.js';
import { readNeighbours, type Neighbour } from './read-neighbours.js';
import { readProtection } from './read-protection.js';
import { roomsThere } from './rooms-there.js';

/** Returns whether a sentence of {@link findUnprotected} names an object that the migrations did not create. */
export function isOfForeign(sentence: string): boolean {
  return sentence.includes(" is not the ledger's");
}

/** What the check of the protection found, in sentences. */
export interface ProtectionCheck {
  /** Objects or rights that should refuse or reveal changes to the ledger, but are missing, changed or foreign. */
  readonly unprotected: readonly string[];
  /** Objects and logins that can be legitimate, but that can read the ledger, keep copies, or pass its protection. */
  readonly notices: readonly string[];
}

/** Checks all objects, rights and logins that protect the ledger. Rejects with the error of the database client. */
export async function findUnprotected(snapshot: LedgerSession): Promise<ProtectionCheck> {
  const { unprotected, notices } = await findWeakened(snapshot);
  return {
    unprotected: [...(await findOverprivilegedLogins(snapshot)), ...unprotected],
    notices: [...notices, ...(await findOutsiders(snapshot))],
  };
}

/** Checks as {@link findUnprotected}, except for owners, sealing logins and logins outside the ledger's roles. */
export async function findWeakened(snapshot: LedgerSession): Promise<ProtectionCheck> {
  const runner = { query: async (text: string, values?: unknown[]) => snapshot.rows(text, values) };
  const found = await readProtection(runner);
  const neighbours = await readNeighbours(runner, found);
  const unprotected = [
    ...(await findLooseLogins(snapshot)),
    ...neighbours.flatMap(({ name, how, of }) => {
      const what = NEIGHBOURS[how]?.(of);
      return what === undefined ? [] : `The ${name} is not the ledger's${what.startsWith('it') ? ':' : ','} ${what}`;
    }),
    ...describeDifferences(compareProtection(found, expectedFor(found, await roomsThere(runner)))),
  ];
  const uses = neighbours.flatMap(({ name, how, of }) => (how === 'dependent' ? `${name}${of && ` (of ${of})`}` : []));
  return { unprotected, notices: uses.length === 0 ? [] : [`${DEPENDENTS}: ${uses.join('; ')}.`] };
}

const DEPENDENTS =
  'These objects use the ledger or the rights of its owner, and no migration of this ledger created them. Check that you know each: such an object can show events to others, or keep copies of personal data after an erasure';
const NEIGHBOURS: Readonly<Record<Neighbour['how'], ((of: string) => string) | undefined>> = {
  owned: (of) => `but belongs to ${of}: it has the rights of that role. Drop it, or give it to another role.`,
  prefixed: () => 'but has its prefix: it can take the place of an object of the ledger. Drop, rename or move it.',
  altering: () => 'it can hide or change stored values. Remove it, and verify again.',
  refusing: (of) => `it can refuse changes of ${of}, such as a retirement. Remove it, and verify again.`,
  dependent: undefined,
};
