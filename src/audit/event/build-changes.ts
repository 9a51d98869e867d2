import type { AuditChanges, JsonValue } from './audit-event.js';
import { maskDiff } from './mask-diff.js';
import {
  diffStates,
  diffValues,
  isDiffTruncated,
  MAX_DIFF_BYTES,
  type AuditDiffEntry,
  type Redaction,
} from './diff-values.js';
import { definedFields, isEmpty } from './merge-fields.js';
import { JsonNormalizer } from './normalize-json.js';
import { readFieldSafely } from '../../base/read-safely.js';
import { getNameKind, NAME_KIND } from './redaction/plain-names.js';
import { REDACTED } from '../../base/secrets/redact-names.js';
import { isHarmlessSetting } from '../../base/secrets/secret-pairs.js';
import { TruncationBudget } from './truncation-budget.js';

/** The values of a setting are masked unless the setting's name is known to be harmless. */
const SETTING_ACTIONS: ReadonlySet<string> = new Set([
  'admin_config_change',
  'configuration_change',
  'settings_change',
]);

/**
 * Builds the changes of an event. If the changes are too large, the diff takes precedence over the states, because it contains the most
 * information. Never throws.
 */
export function buildChanges(
  action: string,
  input: unknown,
  budget: TruncationBudget,
  redaction: Redaction,
): AuditChanges | undefined {
  const given = readFieldSafely(input, 'changes');
  if (given === undefined) return undefined;
  if (SETTING_ACTIONS.has(action)) return buildSettingChanges(given, getSetting(input), budget, redaction);
  return buildPlainChanges(given, budget, redaction);
}

function getSetting(input: unknown): unknown {
  const details = readFieldSafely(input, 'details');
  const named = ['configKey', 'settingKey', 'setting', 'key', 'name'].map((name) => readFieldSafely(details, name));
  return named.find((name) => typeof name === 'string') ?? readFieldSafely(readFieldSafely(input, 'resource'), 'id');
}

function buildSettingChanges(
  input: unknown,
  setting: unknown,
  budget: TruncationBudget,
  { isSecretName, anonymizer }: Redaction,
): AuditChanges | undefined {
  const hides = (name: string): boolean =>
    isSecretName(name) || (getNameKind(name) === NAME_KIND.plain && !/^\d*$/.test(name) && !isHarmlessSetting(name));
  const isHarmless = typeof setting === 'string' && !hides(setting);
  const side = (name: string): unknown => {
    const value = readFieldSafely(input, name);
    return isHarmless || value === null || !SCALARS.has(typeof value) ? value : REDACTED;
  };
  const sides = { before: side('before'), after: side('after'), diff: readFieldSafely(input, 'diff') };
  return buildPlainChanges(sides, budget, { isSecretName: hides, anonymizer });
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'bigint']);

function buildPlainChanges(input: unknown, budget: TruncationBudget, redaction: Redaction): AuditChanges | undefined {
  const { isSecretName, anonymizer } = redaction;
  const before = readFieldSafely(input, 'before');
  const after = readFieldSafely(input, 'after');
  const suppliedDiff = readFieldSafely(input, 'diff');
  if (suppliedDiff !== undefined || before === undefined || after === undefined) {
    const json = new JsonNormalizer(isSecretName, budget, anonymizer);
    const diff = json.normalize(maskDiff(suppliedDiff, isSecretName, anonymizer));
    return toChanges(json.normalize(before), json.normalize(after), diff);
  }
  const trial = new TruncationBudget(budget.remaining);
  const whole = new JsonNormalizer(isSecretName, trial, anonymizer);
  const states = [whole.normalize(before), whole.normalize(after)] as const;
  if (!trial.exceeded) {
    const diff = whole.hasHidden ? diffValues(before, after, redaction) : diffStates(...states);
    if (fitDiff(diff, trial)) {
      budget.take(trial.spent);
      return toChanges(...states, diff);
    }
  }
  const diff = diffValues(before, after, redaction, Math.min(MAX_DIFF_BYTES, budget.remaining));
  fitDiff(diff, budget);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  return toChanges(json.normalize(before), json.normalize(after), diff);
}

function toChanges(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  diff: JsonValue | undefined,
): AuditChanges | undefined {
  const changes = definedFields({ before, after, diff });
  return isEmpty(changes) ? undefined : Object.freeze(changes);
}

function fitDiff(diff: readonly AuditDiffEntry[], budget: TruncationBudget): boolean {
  if (isDiffTruncated(diff)) budget.exceeded = true;
  budget.take(Buffer.byteLength(JSON.stringify(diff)));
  return !budget.exceeded;
}
