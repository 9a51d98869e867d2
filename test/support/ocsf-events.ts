import { readFileSync } from 'node:fs';
import { type AuditEvent, type JsonObject, type JsonValue } from '../../src/audit/index.js';
import { Catalogue, OUTCOMES } from '../../src/audit/nest-free.js';
import { toOcsfEvent } from '../../src/monitoring/read/export/formats/ocsf.js';
import { sampleEvent } from './sample-event.js';

export const ORIGIN = 'example.com/log';

interface ListedName {
  readonly name: string;
  readonly details?: Readonly<Record<string, readonly string[]>>;
}

const { eventTypes } = JSON.parse(readFileSync('src/audit/catalogue/event-types.json', 'utf8')) as {
  readonly eventTypes: readonly ListedName[];
};
const catalogue = new Catalogue();
const listed = eventTypes.map(({ name, details = {} }) => ({ details, ...pickFacts(catalogue.resolve(name)) }));

export const LISTED_ACTIONS: readonly string[] = [...new Set(listed.map(({ action }) => action))];

export function buildEvents(action: string): readonly AuditEvent[] {
  const names = listed.filter((each) => each.action === action);
  const details = Object.assign({}, ...names.map((each) => buildDetails(each.details))) as JsonObject;
  const facts = [...names.map(pickFacts), ...OUTCOMES.map((outcome) => pickFacts(catalogue.resolve(action, outcome)))];
  return facts.flatMap((each) => [sampleEvent(each), sampleEvent({ ...each, details }), bareEvent(each)]);
}

type Facts = Pick<AuditEvent, 'type' | 'action' | 'outcome' | 'category'>;

function pickFacts({ type, action, outcome, category }: Facts): Facts {
  return { type, action, outcome, category };
}

function buildDetails(fields: Readonly<Record<string, readonly string[]>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, words]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      words[0] ?? getSample(name),
    ]),
  );
}

function getSample(name: string): JsonValue {
  if (/permissions|^fields|_types$/.test(name)) return ['orders:read', 'orders:write'];
  if (/count|size|version|attempts|limit|remaining|score/.test(name)) return 3;
  if (/^mfa$|remember_me|verified/.test(name)) return true;
  return name.includes('email') ? 'ada@example.com' : `any ${name}`;
}

function bareEvent(fields: Partial<AuditEvent>): AuditEvent {
  const { id, schemaVersion, occurredAt, type, action, outcome, category, severity } = sampleEvent(fields);
  const actor = { type: 'anonymous' } as const;
  return { id, schemaVersion, occurredAt, type, action, outcome, category, severity, actor, details: {}, metadata: {} };
}

export type EventFields = { readonly [Name in keyof AuditEvent]?: AuditEvent[Name] | undefined };

export function mapped(fields: EventFields = {}): Readonly<Record<string, unknown>> {
  const event = sampleEvent(fields as Partial<AuditEvent>); // whose mappers read an undefined member as none
  return JSON.parse(JSON.stringify(toOcsfEvent({ ...event, index: 7 }, ORIGIN))) as Readonly<Record<string, unknown>>;
}
