import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type AuditOutcome, type AuditSeverity, isStringArray } from '../../base/event/outcomes.js';
import type { AuditDetailsIssue } from '../../base/errors/audit.error.js';
import { normalizeText } from '../event/normalize-text.js';

export interface EventTypeFacts {
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  /** Default: the severity of the outcome. */
  readonly severity?: AuditSeverity | undefined;
}

export interface ResolvedEventType extends EventTypeFacts {
  /** The compliance tags, for example `pci_dss`. */
  readonly compliance: readonly string[];
  /** The detail fields that hold personal data. */
  readonly personal: ReadonlySet<string>;
  /** The detail fields that a team declares to be facts, in addition to the known facts. */
  readonly facts?: readonly string[];
  /** The rule for the details; with `undefined`, any details are valid. */
  readonly details?: DetailsRule | undefined;
}

/** The category, the compliance tags and the details of an action, from all its event types. */
export type KnownAction = Pick<ResolvedEventType, 'category' | 'compliance' | 'details'>;

/** The rule for an event's details: the catalogue's fields with their kinds, or a team's schema. */
type DetailsRule = { readonly fields: ReadonlyMap<string, DetailKind> } | { readonly schema: StandardSchemaV1 };

const MAX_ISSUES = 10;
const MAX_PATH = 128;

/**
 * Checks the given details by `rule`, and returns at most ten issues, frozen. An issue names a field and a kind, but never a value or the
 * schema's message, which may quote values. Never throws.
 */
export function checkDetails(details: unknown, rule: DetailsRule): readonly AuditDetailsIssue[] {
  try {
    const issues =
      'schema' in rule ? findSchemaIssues(details ?? {}, rule.schema) : findFieldIssues(details, rule.fields);
    return Object.freeze(issues);
  } catch {
    return Object.freeze([issue([], 'cannot be checked: reading them threw an error')]);
  }
}

function findFieldIssues(details: unknown, fields: ReadonlyMap<string, DetailKind>): AuditDetailsIssue[] {
  if (details === undefined || details === null) return [];
  if (typeof details !== 'object' || Array.isArray(details))
    return [issue([], `are ${describeValueKind(details)}, not fields`)];
  const issues: AuditDetailsIssue[] = [];
  for (const [name, value] of Object.entries(details)) {
    const kind = fields.get(name);
    const message = kind ? describeWrongKind(kind, value) : formatUnknownField(name, fields);
    if (message !== undefined) issues.push(issue([name], message));
    if (issues.length === MAX_ISSUES) break;
  }
  return issues;
}

function formatUnknownField(name: string, fields: ReadonlyMap<string, DetailKind>): string {
  const meant = [...fields.keys()].find((field) => field.toLowerCase() === name.replace(/[_-]/g, '').toLowerCase());
  return meant === undefined ? 'is not a field of this event type' : `is not a field of this event type; ${meant} is`;
}

const IS_TEXT = { name: 'a text', fits: (value: unknown) => typeof value === 'string' };

const KINDS = {
  text: IS_TEXT,
  one: IS_TEXT,
  number: { name: 'a number', fits: (value: unknown) => Number.isFinite(value) },
  boolean: { name: 'true or false', fits: (value: unknown) => typeof value === 'boolean' },
  key: { name: 'a text or a number', fits: (value: unknown) => ['string', 'number', 'bigint'].includes(typeof value) },
  list: { name: 'a list of texts', fits: isStringArray },
  any: { name: 'anything', fits: () => true },
} as const;

export type DetailKind = keyof typeof KINDS;

/** Every field of the catalogue is optional. */
function describeWrongKind(kind: DetailKind, value: unknown): string | undefined {
  const { name, fits } = KINDS[kind];
  return value === undefined || value === null || fits(value)
    ? undefined
    : `is ${describeValueKind(value)}, not ${name}`;
}

function findSchemaIssues(details: unknown, schema: StandardSchemaV1): AuditDetailsIssue[] {
  const result = schema['~standard'].validate(details);
  if ('then' in result) {
    result.catch(() => undefined); // prevents an unhandled rejection
    return [issue([], 'cannot be checked: their schema is asynchronous')];
  }
  return (result.issues ?? []).slice(0, MAX_ISSUES).map(({ path = [] }) => {
    const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
    return issue(
      keys,
      `${keys.length === 0 ? 'are' : 'is'} ${describeValueKind(getValueAtPath(details, keys))}, which the schema refuses`,
    );
  });
}

function getValueAtPath(details: unknown, keys: readonly PropertyKey[]): unknown {
  let value = details;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key]; // reading a missing property is safe
  }
  return value;
}

function describeValueKind(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : 'not a finite number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function issue(keys: readonly PropertyKey[], message: string): AuditDetailsIssue {
  const pointer = keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return Object.freeze({ path: normalizeText(pointer, MAX_PATH) ?? '', message });
}
