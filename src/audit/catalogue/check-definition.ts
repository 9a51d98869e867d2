import { InvalidEventDefinitionError } from '../errors/invalid-event-definition.error.js';
import { isOneOf, OUTCOMES, SEVERITIES } from '../event/outcomes.js';
import type { AuditEventDefinition } from './define-audit-events.js';
import { EVENT_NAME_PATTERN } from './event-name.js';

/**
 * Checks a single definition; JavaScript callers may pass anything.
 *
 * @throws InvalidEventDefinitionError (`AUDIT_EVENT_DEFINITION_INVALID`) for the first problem.
 */
export function checkDefinition(definition: AuditEventDefinition): void {
  const {
    name,
    action,
    outcome,
    category,
    severity,
    aliases = [],
    compliance = [],
    personal = [],
    facts = [],
  } = definition;
  for (const [what, texts] of Object.entries({ aliases, compliance, personal, facts })) {
    if (!isListOfTexts(texts)) throw InvalidEventDefinitionError.badList(name, what);
  }
  const both = facts.find((field) => personal.includes(field));
  if (both !== undefined) throw InvalidEventDefinitionError.factAndPersonal(name, both);
  for (const word of [name, action, ...aliases]) {
    if (typeof word !== 'string' || !EVENT_NAME_PATTERN.test(word))
      throw InvalidEventDefinitionError.badName(name, word);
  }
  if (!isOneOf(OUTCOMES, outcome)) throw InvalidEventDefinitionError.badWord(name, 'outcome', outcome, OUTCOMES);
  if (severity !== undefined && !isOneOf(SEVERITIES, severity)) {
    throw InvalidEventDefinitionError.badWord(name, 'severity', severity, SEVERITIES);
  }
  if (typeof category !== 'string' || category === '') throw InvalidEventDefinitionError.noCategory(name);
  if (definition.details !== undefined && !isStandardSchema(definition.details)) {
    throw InvalidEventDefinitionError.badSchema(name);
  }
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Whether a value is a Standard Schema; those of some libraries are functions. */
function isStandardSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as { readonly '~standard'?: { readonly validate?: unknown } | null }; // any object may be read
  return typeof standard?.validate === 'function';
}
