import { REQUEST_ROWS, type Catalogue } from '../../audit/nest-free.js';
import { daysToKeep, type RetentionPolicy } from '../../monitoring/keep/lifecycle/retention/retention-policy.js';
import type { LedgerFacts } from './read-facts.js';
import type { EventGroup } from './read-groups.js';

export interface InventoriedType {
  readonly type: string;
  readonly category: string;
  readonly outcome: string;
  /** What records the event: routes (method and path), triggers, the ledger itself, or the application's code. */
  readonly recordedBy: readonly string[];
  /** The fields of the event's details; empty if any field is possible. */
  readonly fields: readonly string[];
  /** The fields with personal data. An erasure removes the values of these fields. */
  readonly personal: readonly string[];
  readonly retention: string;
  readonly events: number;
}

/** The event types of an application, with the sources and the readers of the events (ASVS 16.1.1). */
export interface LogInventory {
  readonly types: readonly InventoriedType[];
  /** The fields that every event has beside its details, including fields with personal data. */
  readonly common: readonly string[];
  readonly tables: readonly string[];
  /** Where the events are stored: the database, and the destinations of the streams. */
  readonly places: readonly string[];
  readonly readers: readonly string[];
}

export interface InventoriedApplication {
  readonly routes: readonly { readonly method: string; readonly path: string; readonly names: readonly string[] }[];
  readonly catalogue: Catalogue;
  readonly policy: RetentionPolicy | undefined;
}

function requestFields(isPersonal: boolean): string {
  const rows = REQUEST_ROWS.filter(({ personal }) => (personal === 'always') === isPersonal);
  return rows.map(({ name }) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)).join(', ');
}

const COMMON = [
  'id, time, event type, action, outcome, category, severity',
  'actor: type, id, session, on whose behalf; personal: name',
  'tenant, resource and related resources: type and id; personal: name',
  `request: ${requestFields(false)}; personal: ${requestFields(true)}`,
  'reason, error, changes and metadata: personal, unless a value is known to be a fact',
];
const OWN = /^(audit|alert|review|legal_hold)_/;
const ROWS = /^(row_|table_truncated)/;

export function makeInventory(
  { routes, catalogue, policy }: InventoriedApplication,
  groups: readonly EventGroup[],
  { capturedTables, streams, readers }: LedgerFacts,
): LogInventory {
  const recordedBy = new Map<string, Set<string>>();
  const note = (type: string, by: string): void =>
    void recordedBy.set(type, (recordedBy.get(type) ?? new Set()).add(by));
  for (const { method, path, names } of routes) {
    for (const { type } of names.flatMap((name) => typesOf(name, catalogue))) note(type, `${method} ${path}`);
  }
  for (const { type } of groups) if (!recordedBy.has(type)) note(type, recorderOf(type));
  const types = [...recordedBy]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([type, by]) => {
      const { action, outcome, category, details, personal } = catalogue.resolve(type);
      const seen = groups.filter((group) => group.type === type);
      const fields = details && 'fields' in details ? [...details.fields.keys()].toSorted() : [];
      const days = policy === undefined ? undefined : daysToKeep({ type, action, category }, policy);
      return {
        ...{ type, outcome, category: seen[0]?.category ?? category, recordedBy: [...by].toSorted(), fields },
        personal: fields.filter((field) => personal.has(field)),
        retention: days === undefined ? 'forever' : `${days} days`,
        events: seen.reduce((sum, { events }) => sum + events, 0),
      };
    });
  return {
    types,
    common: COMMON,
    tables: capturedTables,
    places: [
      'The ledger in PostgreSQL: the table audit_event and its monthly partitions',
      ...streams.map(({ name, destination, state }) => `The stream ${name}, to ${destination}: ${state}`),
    ],
    readers: [
      'Over HTTP: the persons whom the option authorize allows to read all events, the events of some tenants, or their own events',
      `In the database: ${readers.length === 0 ? 'no login' : `the logins ${readers.join(', ')}`}, and superusers`,
    ],
  };
}

function typesOf(name: string, catalogue: Catalogue): readonly { readonly type: string }[] {
  const { action } = catalogue.resolve(name);
  const listed = catalogue.knownTypes().filter((type) => type.action === action);
  return listed.length > 0
    ? listed
    : (['success', 'failure', 'denied'] as const).map((outcome) => catalogue.resolve(action, outcome));
}

function recorderOf(type: string): string {
  if (ROWS.test(type)) return 'triggers in the database';
  return OWN.test(type) ? 'the ledger itself' : 'the code of the application';
}
