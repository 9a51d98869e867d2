/** The possible verdicts of a check, with their meanings for a reader. */
export const VERDICT_MEANINGS = {
  pass: 'The ledger shows what was looked for.',
  fail: 'The ledger shows the opposite of what was looked for.',
  partial: 'The ledger shows a part of what was looked for.',
  'no-evidence': 'The ledger shows nothing, which proves neither that it happened nor that it did not.',
  evidence: 'The ledger has events of it. Whether they are what was looked for, a person has to judge.',
  manual: 'Only a person can answer this.',
  'not-applicable': 'The application does not use what was looked for.',
  error: 'The check itself failed.',
} as const;

export type Verdict = keyof typeof VERDICT_MEANINGS;
export const VERDICTS = Object.keys(VERDICT_MEANINGS) as readonly Verdict[]; // its own keys

/** The verdicts from the worst to the best: a known failure is worse than a question without an answer. */
const WORST_FIRST: readonly Verdict[] = [
  ...(['fail', 'error', 'no-evidence', 'partial', 'manual', 'evidence', 'pass', 'not-applicable'] as const),
];

/** Returns the worst verdict; `not-applicable` for an empty list. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'not-applicable';
}
