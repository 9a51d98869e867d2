import { ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../base/event/outcomes.js';
import { personalNameTest } from '../event/redaction/anonymize.js';
import { factRules, type FactRules } from '../event/fact-rules.js';
import { FACT_DETAILS } from './catalogue.generated.js';
import { LISTED_DETAILS } from './listed-event-types.js';

const OWN_WORDS = [
  'validation', 'forbidden', 'rate_limited', 'unauthenticated', 'unexpected_error', 'guard_error', 'denied_by_guard',
  'no_end_seen', 'retention', 'provider_threw', 'provider_async',
  'provider_not_an_object', 'actor', 'tenant', 'reason_missing', 'actor_missing', 'tenant_missing', 'actor_and_tenant_missing', 'all', 'tenants', 'subject', 'jsonl', 'ocsf', 'cloudevents', 'GET', 'HEAD', 'POST', 'PUT',
  'PATCH', 'DELETE', 'OPTIONS', 'add', 'remove', 'replace', 'move', 'copy', 'test',
]; // prettier-ignore

const KNOWN_WORDS: readonly string[] = [
  ...LISTED_DETAILS.flatMap(([, [, ...words]]) => words),
  ...[...OUTCOMES, ...SEVERITIES, ...ACTOR_TYPES, ...OWN_WORDS],
];

const KEYS = new Set(LISTED_DETAILS.flatMap(([name, [kind]]) => (kind === 'key' ? [name] : [])));

/** The facts that an application or an event type adds to the known facts. */
export interface FactOptions {
  /** Whether a field is personal. Default: a test by the default list of personal names. */
  readonly isPersonalName?: (name: string) => boolean;
  readonly factFields?: readonly string[];
  readonly factWords?: readonly string[];
}

export function catalogueFactRules({
  isPersonalName = personalNameTest(),
  factFields = [],
  factWords = [],
}: FactOptions = {}): FactRules {
  return factRules({
    isPersonalName,
    isIdName: (name) => KEYS.has(name),
    declared: new Set([...FACT_DETAILS, ...factFields]),
    words: new Set([...KNOWN_WORDS, ...factWords]),
  });
}
