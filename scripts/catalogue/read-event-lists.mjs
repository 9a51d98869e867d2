// event-types.json contains the lists as they were given; event-overlay.json contains what the lists lack.
import { readFileSync } from 'node:fs';

export const FOLDER = new URL('../../src/audit/catalogue/', import.meta.url);

const read = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
export const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_whole, letter) => letter.toUpperCase());

/** An alias has the details of its canonical type. */
export function readEventLists() {
  const { eventTypes } = read('event-types.json');
  const overlay = read('event-overlay.json');
  const kindByField = new Map(
    Object.entries(overlay.kinds).flatMap(([kind, fields]) => fields.map((field) => [field, kind])),
  );
  const personal = new Set(overlay.personal);
  const byName = new Map(eventTypes.map((eventType) => [eventType.name, eventType]));
  const addedTags = new Map();
  for (const [tag, actions] of Object.entries(overlay.addedCompliance))
    for (const action of actions) addedTags.set(action, [...(addedTags.get(action) ?? []), tag]);
  const actions = new Set(eventTypes.map(({ action }) => action));
  const seen = new Set();

  const parseField = ([field, examples]) => {
    seen.add(field);
    return {
      name: camelCase(field),
      kind: kindByField.get(field) ?? 'text',
      examples: overlay.withoutExamples.includes(field) ? [] : examples,
      closed: overlay.closed.includes(field),
      personal: personal.has(field),
    };
  };
  const types = eventTypes.map((eventType) => {
    const canonical = byName.get(eventType.aliasOf ?? eventType.name);
    const details = { ...canonical.details, ...overlay.addedDetails[canonical.name] };
    const missing = Object.keys(eventType.details).filter((field) => !(field in details));
    if (missing.length > 0) throw new Error(`${eventType.name} has details that ${canonical.name} has not: ${missing}`);
    const compliance = [...new Set([...eventType.compliance, ...(addedTags.get(eventType.action) ?? [])])];
    const severity = overlay.severity[canonical.name];
    return { ...eventType, compliance, severity, fields: Object.entries(details).map(parseField) };
  });

  const names = [...Object.keys(overlay.severity), ...Object.keys(overlay.addedDetails)];
  const fields = [...kindByField.keys(), ...overlay.closed, ...overlay.withoutExamples, ...overlay.facts];
  const unknown = [
    ...names.filter((name) => !byName.has(name)),
    ...fields.filter((field) => !seen.has(field)),
    ...[...addedTags.keys()].filter((action) => !actions.has(action)),
  ];
  if (unknown.length > 0) throw new Error(`event-overlay.json names what no list has: ${unknown.join(', ')}`);
  return {
    types,
    listed: eventTypes,
    personal: overlay.personal.map(camelCase),
    facts: overlay.facts.map(camelCase),
  };
}
