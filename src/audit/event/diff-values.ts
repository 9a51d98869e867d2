import { createHmac, randomBytes } from 'node:crypto';
import type { Anonymizer } from './redaction/anonymize.js';
import type { JsonValue } from './audit-event.js';
import { TruncationBudget } from './truncation-budget.js';
import { diffJson, type JsonChange } from './diff-json.js';
import { JsonNormalizer, NO_SECRETS, UNMASKED, type TextForm } from './normalize-json.js';
import { cleanText } from './normalize-text.js';
import { REDACTED, createSecretNameTest, type SecretNameTest } from '../../base/secrets/redact-names.js';

/** One difference of two states, in the form of {@link JsonChange}. */
export type AuditDiffEntry = JsonChange & {
  /** Set if a value of this entry was cut. A last entry without `from` and `to` means that further differences were cut. */
  readonly truncated?: true;
};

/** The maximum size of a diff's JSON. */
export const MAX_DIFF_BYTES = 16 * 1024;

const MAX_STATE_BYTES = 128 * 1024;
const MAX_SIDE_BYTES = 4 * 1024;

/** The rules of redaction. Secrets are always masked, personal fields only with an anonymizer. */
export interface Redaction {
  readonly isSecretName: SecretNameTest;
  readonly anonymizer?: Anonymizer | undefined;
}

const DEFAULT_REDACTION: Redaction = { isSecretName: createSecretNameTest() };

/**
 * Returns the minimal list of differences between two states: frozen plain JSON of at most `maxBytes`. `undefined` means a missing state.
 * The states are compared before redaction and redacted afterwards. So a changed password is listed without its old and new value. Never
 * throws.
 *
 * @param maxBytes @defaultValue 16 KiB
 */
export function diffValues(
  before: unknown,
  after: unknown,
  redaction: Redaction = DEFAULT_REDACTION,
  maxBytes = MAX_DIFF_BYTES,
): readonly AuditDiffEntry[] {
  const budgets = [new TruncationBudget(MAX_STATE_BYTES), new TruncationBudget(MAX_STATE_BYTES)] as const;
  const [from, to] = [
    toComparableState(before, budgets[0], redaction),
    toComparableState(after, budgets[1], redaction),
  ];
  const isPartial = budgets.some(({ exceeded }) => exceeded);
  return diffStates(from, to, maxBytes, isPartial);
}

/**
 * Returns the differences of two states that are plain JSON without secrets.
 *
 * @param isPartial whether the states were cut
 */
export function diffStates(
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  maxBytes = MAX_DIFF_BYTES,
  isPartial = false,
): readonly AuditDiffEntry[] {
  const entries: AuditDiffEntry[] = [];
  let left = maxBytes - TRUNCATION_ENTRY_BYTES;
  for (const change of diffJson(from, to)) {
    const entry = toDiffEntry(change);
    left -= Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (left < 0) return Object.freeze([...entries, TRUNCATION_ENTRY]);
    entries.push(entry);
  }
  return Object.freeze(isPartial ? [...entries, TRUNCATION_ENTRY] : entries);
}

export function isDiffTruncated(diff: readonly AuditDiffEntry[]): boolean {
  return diff.some(({ truncated }) => truncated);
}

const TRUNCATION_ENTRY: AuditDiffEntry = Object.freeze({ path: '', truncated: true });
const TRUNCATION_ENTRY_BYTES = JSON.stringify([TRUNCATION_ENTRY]).length + 1;

/** Prepares a state for the comparison: two different secrets still differ. */
function toComparableState(state: unknown, budget: TruncationBudget, redaction: Redaction): JsonValue | undefined {
  return new JsonNormalizer(redaction.isSecretName, budget, redaction.anonymizer, DIGESTED).normalize(state);
}

/** Writes the keyed hash of a secret before its mask, between two U+0000, which a clean text does not contain. */
const DIGESTED: TextForm = {
  clean: (text) => {
    const clean = cleanText(text);
    return clean === text ? clean : formatDigest(text) + clean;
  },
  mask: (secret) => {
    const plain = new JsonNormalizer(NO_SECRETS, new TruncationBudget(MAX_STATE_BYTES), undefined, UNMASKED);
    return formatDigest(JSON.stringify(plain.normalize(secret) ?? null)) + REDACTED;
  },
};

const DIGEST_KEY = randomBytes(32);

function formatDigest(secret: string): string {
  return `\0${createHmac('sha256', DIGEST_KEY).update(secret).digest('base64')}\0`;
}

/** The expression also matches a hash that was cut. */
const STRIP_DIGESTS: TextForm = {
  clean: (text) => text.replace(/^\0[^\0]*\0?/, ''), // the text before the digest is clean
  mask: () => REDACTED,
};

function toDiffEntry({ path, from, to }: JsonChange): AuditDiffEntry {
  const budgets = { from: new TruncationBudget(MAX_SIDE_BYTES), to: new TruncationBudget(MAX_SIDE_BYTES) };
  const show = (side: JsonValue | undefined, budget: TruncationBudget): JsonValue | undefined =>
    new JsonNormalizer(NO_SECRETS, budget, undefined, STRIP_DIGESTS).normalize(side);
  const entry = {
    path,
    ...(from === undefined ? {} : { from: show(from, budgets.from) ?? null }),
    ...(to === undefined ? {} : { to: show(to, budgets.to) ?? null }),
  };
  const isCut = budgets.from.exceeded || budgets.to.exceeded;
  return Object.freeze(isCut ? { ...entry, truncated: true as const } : entry);
}
