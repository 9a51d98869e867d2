import { InvalidEventDefinitionError, NOT_A_NAME } from '../errors/invalid-event-name.error.js';
import { isListOfTexts, isOneOf, OUTCOMES, SEVERITIES } from '../event/outcomes.js';
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
  const refuse = (problem: string): never => {
    throw new InvalidEventDefinitionError(name, problem);
  };
  for (const [what, texts] of Object.entries({ aliases, compliance, personal, facts })) {
    if (!isListOfTexts(texts)) refuse(`its ${what} is not a list of texts. Give one, or leave it out.`);
  }
  const both = facts.find((field) => personal.includes(field));
  if (both !== undefined) refuse(`its field ${both} is in both facts and personal. Name it in one of them.`);
  for (const word of [name, action, ...aliases]) {
    if (typeof word !== 'string' || !EVENT_NAME_PATTERN.test(word)) refuse(`"${word}" ${NOT_A_NAME}`);
  }
  if (!isOneOf(OUTCOMES, outcome)) refuse(`its outcome is ${String(outcome)}. Use one of ${OUTCOMES.join(', ')}.`);
  if (severity !== undefined && !isOneOf(SEVERITIES, severity)) {
    refuse(`its severity is ${String(severity)}. Use one of ${SEVERITIES.join(', ')}.`);
  }
  if (typeof category !== 'string' || category === '') refuse('it has no category. Name one, such as "order".');
  if (definition.details !== undefined && !isStandardSchema(definition.details)) {
    refuse(
      'its details are not a Standard Schema. Use one of zod, valibot, arktype or another library that implements it, ' +
        'or leave them out.',
    );
  }
}

/** Whether a value is a Standard Schema; those of some libraries are functions. */
function isStandardSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as { readonly '~standard'?: { readonly validate?: unknown } | null }; // any object may be read
  return typeof standard?.validate === 'function';
}
