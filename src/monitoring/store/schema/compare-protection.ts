import { ANY_MONTH } from './expected-protection.js';
import {
  objectOf,
  type Named,
  type ProtectedTable,
  type ProtectedTrigger,
  type Protection,
} from './read-protection.js';

/** `foreign` objects do not come from the migrations. */
type How = 'missing' | 'changed' | 'foreign';

/** One difference between the actual ledger and the ledger that the migrations create. */
export type Difference =
  | { readonly what: 'function'; readonly name: string; readonly how: 'missing' | 'changed'; readonly wanted: string }
  /** An object that belongs to another role than the table of events. */
  | { readonly what: 'owner'; readonly object: string; readonly owner: string; readonly wanted: string }
  | { readonly what: 'grant'; readonly on: GrantedOn; readonly text: string; readonly how: 'missing' | 'foreign' }
  | { readonly what: 'row security'; readonly table: string; readonly wanted: 'on' | 'off' | 'not forced' }
  | { readonly what: 'policy'; readonly table: string; readonly name: string; readonly how: How }
  | {
      readonly what: 'trigger';
      readonly table: string;
      readonly name: string;
      readonly how: How | 'off';
      readonly wanted: ProtectedTrigger | undefined;
    }
  | {
      readonly what: 'column' | 'constraint';
      readonly table: string;
      readonly name: string;
      readonly how: How;
      readonly wanted: string;
      readonly now: string;
    }
  /** The excess powers of a role of the ledger. */
  | { readonly what: 'role'; readonly name: string; readonly powers: string }
  | {
      readonly what: 'index';
      readonly table: string;
      readonly name: string;
      readonly how: 'missing' | 'index' | 'unique index';
      readonly wanted: string;
    };

export interface GrantedOn {
  readonly kind: 'TABLE' | 'FUNCTION' | 'SCHEMA';
  /** The name of a table, or the signature of a function. */
  readonly name: string;
  readonly isMonth: boolean;
}

/** Returns all differences between the protection of two ledgers. Ignores tables that the migrations do not create. */
export function compareProtection(actual: Protection, expected: Protection): readonly Difference[] {
  const found: Difference[] = [];
  for (const [name, { definition: wanted, grants }] of Object.entries(expected.functions)) {
    const now = actual.functions[name];
    if (now?.definition !== wanted) found.push({ what: 'function', name, how: now ? 'changed' : 'missing', wanted });
    const on = { kind: 'FUNCTION', name, isMonth: false } as const;
    found.push(...compareGrants(now?.grants ?? DEFAULT_OF_FUNCTION, grants, on));
  }
  for (const [table, now] of Object.entries(actual.tables)) {
    const wanted = expected.tables[now.isMonth ? ANY_MONTH : table];
    if (wanted) found.push(...compareTable(table, now, wanted));
  }
  const wanted = actual.tables.audit_event?.owner ?? '';
  for (const what of ['table', 'function'] as const) {
    for (const [name, { owner }] of Object.entries<{ readonly owner: string }>(actual[`${what}s`]))
      if (owner !== wanted && (what === 'table' || Object.hasOwn(expected.functions, name)))
        found.push({ what: 'owner', object: `${what} ${name}`, owner, wanted });
  }
  const schema = { kind: 'SCHEMA', name: '', isMonth: false } as const;
  const lacking = expected.schemaGrants.filter((text) => !actual.schemaGrants.includes(text));
  return [
    ...found,
    ...lacking.map((text): Difference => ({ what: 'grant', on: schema, text, how: 'missing' })),
    ...Object.entries(actual.roles).map(([name, { powers }]): Difference => ({ what: 'role', name, powers })),
  ];
}

const DEFAULT_OF_FUNCTION = ['EXECUTE TO PUBLIC', 'EXECUTE TO OWNER'];

function compareTable(table: string, now: ProtectedTable, wanted: ProtectedTable): readonly Difference[] {
  const security =
    now.hasRowSecurity === wanted.hasRowSecurity ? [] : ([wanted.hasRowSecurity ? 'on' : 'off'] as const);
  return [
    ...compareGrants(now.grants, wanted.grants, { kind: 'TABLE', name: table, isMonth: now.isMonth }),
    ...[...security, ...(now.isForced && !wanted.isForced ? (['not forced'] as const) : [])].map(
      (each): Difference => ({ what: 'row security', table, wanted: each }),
    ),
    ...compareTriggers(table, now.triggers, wanted.triggers),
    ...[...howEach(now.policies, wanted.policies)].map(([name, how]): Difference => ({
      what: 'policy',
      table,
      name,
      how,
    })),
    ...(['column', 'constraint'] as const).flatMap((what) =>
      [...howEach(now[`${what}s`], wanted[`${what}s`])].map(([name, how]) => ({
        ...{ what, table, name, how },
        wanted: objectOf(wanted[`${what}s`], name) ?? '',
        now: objectOf(now[`${what}s`], name) ?? '',
      })),
    ),
    ...wrongIndexes(table, now, wanted),
  ];
}

function compareTriggers(
  table: string,
  now: ProtectedTable['triggers'],
  wanted: ProtectedTable['triggers'],
): readonly Difference[] {
  const does = (triggers: ProtectedTable['triggers']) =>
    Object.fromEntries(Object.entries(triggers).map(([name, each]) => [name, each.does ?? '']));
  const differing = howEach(does(now), does(wanted));
  const off = Object.entries(wanted).filter(
    ([name, { enabled }]) => !differing.has(name) && now[name]?.enabled !== enabled,
  );
  return [...differing, ...off.map(([name]) => [name, 'off'] as const)].map(([name, how]) => ({
    ...({ what: 'trigger', table, name, how } as const),
    wanted: objectOf(wanted, name),
  }));
}

/** Matches an index that cannot fail: it has no expression, and no condition but that a column is null or not. */
const PLAIN = /^USING \w+ \([\w", .]+\)( INCLUDE \([\w", ]+\))?( WHERE \(\w+ IS (NOT )?NULL\))?$/;

/**
 * Returns missing indexes, and the kind of each added index that can refuse rows: the owner may add others. An equal index with another name
 * counts as present.
 */
function wrongIndexes(table: string, now: ProtectedTable, wanted: ProtectedTable): readonly Difference[] {
  const [kept, known] = [now, wanted].map(({ indexes }) => new Set(Object.values(indexes).map(bare)));
  const of = { what: 'index', table } as const;
  const missing = Object.entries(wanted.indexes).filter(([, text]) => !kept?.has(bare(text)));
  const added = Object.entries(now.indexes).filter(([, text]) => !known?.has(bare(text)) && !PLAIN.test(text));
  return [
    ...missing.map(([name, text]): Difference => ({ ...of, name, how: 'missing', wanted: text })),
    ...added.map(([name, text]): Difference => {
      return { ...of, name, how: text.startsWith('UNIQUE ') ? 'unique index' : 'index', wanted: '' };
    }),
  ];
}

function howEach(now: Named<string>, wanted: Named<string>): ReadonlyMap<string, How> {
  const found = new Map<string, How>();
  for (const [name, text] of Object.entries(wanted)) {
    const seen = objectOf(now, name);
    if (seen === undefined) found.set(name, 'missing');
    else if (bare(seen) !== bare(text)) found.set(name, 'changed');
  }
  for (const name of Object.keys(now)) if (!Object.hasOwn(wanted, name)) found.set(name, 'foreign');
  return found;
}

/** Removes white space, which differs between server versions. */
function bare(text: string): string {
  return text.replace(/\s/g, '');
}

function compareGrants(now: readonly string[], wanted: readonly string[], on: GrantedOn): readonly Difference[] {
  const given = new Set(now);
  const known = new Set(wanted);
  const extra = now.filter((text) => !known.has(text));
  // Revoking a privilege on a table also revokes it on the table's columns.
  const lost = new Set(extra);
  const missing = wanted.filter((text) => !given.has(text) || lost.has(text.replace(/ \([^]*\) TO /, ' TO ')));
  return [
    ...extra.map((text): Difference => {
      const [, right, sequence, to] = /^(\S+) ON (.*)( TO [^]*)$/.exec(text) ?? [];
      if (sequence === undefined) return { what: 'grant', on, text, how: 'foreign' };
      return { what: 'grant', on: { ...on, name: sequence }, text: `${right}${to}`, how: 'foreign' };
    }),
    ...missing.map((text): Difference => ({ what: 'grant', on, text, how: 'missing' })),
  ];
}

/** Returns the role in the text of a privilege: `OWNER`, `PUBLIC`, or a role as SQL quotes it. */
export function roleOf(text: string): string {
  return text.slice(text.lastIndexOf(' TO ') + ' TO '.length);
}
