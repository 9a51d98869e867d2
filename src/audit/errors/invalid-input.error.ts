import { OUTCOMES, SEVERITIES } from '../event/outcomes.js';
import { AuditError } from './audit.error.js';
import type { AuditDetailsIssue } from '../event/audit-event.js';

/** The details of an event contradict the catalogue, and the option `detailsValidation` is `throw`. */
export class InvalidDetailsError extends AuditError {
  readonly code = 'AUDIT_DETAILS_INVALID';

  constructor(
    eventType: string,
    readonly issues: readonly AuditDetailsIssue[],
  ) {
    const seen = issues.map(({ path, message }) => `${path === '' ? 'the details' : path} ${message}`).join('; ');
    super(
      `Cannot record the event ${eventType}: ${seen}. Correct the details, or set detailsValidation to 'mark' to keep them.`,
    );
  }
}

const MAX_NAMED = 10;
const MAX_NAME = 64;

/** An input has values that do not fit into an event, and the option `detailsValidation` is `throw`. */
export class InvalidInputError extends AuditError {
  readonly code = 'AUDIT_INPUT_INVALID';

  constructor(
    eventType: string,
    /** The names of the fields that do not fit; `input` for an input without fields. */
    readonly fields: readonly string[],
  ) {
    const seen = fields.slice(0, MAX_NAMED).map((name) => problemOf(name.slice(0, MAX_NAME)));
    super(
      `Cannot record the event ${eventType}: ${seen.join('; ')}. ` +
        "Correct the input, move unknown fields to details or metadata, or set detailsValidation to 'mark' to keep them.",
    );
  }
}

function problemOf(name: string): string {
  if (name === 'outcome') return `outcome is not one of ${OUTCOMES.join(', ')}`;
  if (name === 'severity') return `severity is not one of ${SEVERITIES.join(', ')}`;
  if (name === 'input') return 'the input has no named fields';
  return `${JSON.stringify(name)} is not a field of an event, or its value does not fit`;
}
