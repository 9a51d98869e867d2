/** The possible outcomes of an action. `attempted` means that the action began. */
export const OUTCOMES = ['attempted', 'success', 'failure', 'denied', 'partial'] as const;
export type AuditOutcome = (typeof OUTCOMES)[number];

/** The severities of events, from lowest to highest. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const;
export type AuditSeverity = (typeof SEVERITIES)[number];

/** The kinds of actors: a person, an administrator, another service, the application itself, or an unknown actor. */
export const ACTOR_TYPES = ['user', 'admin', 'service', 'system', 'anonymous'] as const;
export type AuditActorType = (typeof ACTOR_TYPES)[number];

export function isOneOf<Word extends string>(allowed: readonly Word[], value: unknown): value is Word {
  return typeof value === 'string' && (allowed as readonly string[]).includes(value);
}

export function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

const OUTCOME_ALIASES = /* @__PURE__ */ buildWordIndex<AuditOutcome>([
  ['attempted', 'attempt started begun'],
  ['success', 'succeeded succeed successful ok okay granted allowed completed passed'],
  ['failure', 'failed fail error errored exception timeout timed_out'],
  ['denied', 'deny blocked refused rejected forbidden unauthorized unauthorised'],
  ['partial', 'partially partial_success partially_succeeded'],
]);

const SEVERITY_ALIASES = /* @__PURE__ */ buildWordIndex<AuditSeverity>([
  ['info', 'trace verbose debug log information informational notice low'],
  ['warning', 'warn medium'],
  ['error', 'err high'],
  ['critical', 'crit fatal severe alert emerg emergency panic'],
]);

/** Returns the outcome that a word names, in upper or lower case; `undefined` for an unknown word. */
export function foldOutcome(input: unknown): AuditOutcome | undefined {
  return isOneOf(OUTCOMES, input) ? input : foldWord(OUTCOME_ALIASES, input);
}

/** Returns the severity that a word names, in upper or lower case; `undefined` for an unknown word. */
export function foldSeverity(input: unknown): AuditSeverity | undefined {
  return isOneOf(SEVERITIES, input) ? input : foldWord(SEVERITY_ALIASES, input);
}

const MAX_WORD = 64;

function foldWord<Word>(words: ReadonlyMap<string, Word>, input: unknown): Word | undefined {
  if (typeof input !== 'string' || input.length > MAX_WORD) return undefined;
  return words.get(
    input
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
}

/** Returns the severity of an event if neither the caller nor the catalogue states a severity. */
export function getDefaultSeverity(outcome: AuditOutcome): AuditSeverity {
  return outcome === 'success' || outcome === 'attempted' ? 'info' : 'warning';
}

/** Returns a map that finds each value by the value itself and by each word in its text. */
export function buildWordIndex<Value extends string>(
  words: readonly (readonly [Value, string])[],
): ReadonlyMap<string, Value> {
  return new Map(
    words.flatMap(([value, others]) => [value, ...(others.match(/\w+/g) ?? [])].map((word) => [word, value])),
  );
}
