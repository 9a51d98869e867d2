import { Catalogue } from '../../audit/plain.js';
import { longestDays, policyOf } from '../../modules/monitoring/lifecycle/retention/retention-policy.js';
import type { InventoriedApplication } from './log-inventory.js';
import type { ReportSettings } from './report-settings.js';
import { chooseRules } from '../../modules/watch/rules/choose-rules.js';
import { linkRules } from '../../modules/watch/rules/link-rules.js';
import { parseRules } from '../../modules/watch/rules/parse-rules.js';
import { SHIPPED_RULES } from '../../modules/watch/shipped/shipped-rules.generated.js';
import type { Subject } from '../doctor/subject.js';

/**
 * Returns the settings that the checks of a report use, from an application's options; `undefined` if these are wrong, or the ledger is
 * off.
 */
export function settingsOf({
  ledger,
  spill,
  coverage,
  catalogue = new Catalogue(),
}: Subject): ReportSettings | undefined {
  if (!ledger || !coverage) return undefined;
  const { recordReads = true, retention, watch, capture } = ledger;
  const rules = watch?.rules.filter(({ alerts }) => alerts).map(({ rule }) => rule.name);
  const shipped = linkRules(chooseRules(parseRules(SHIPPED_RULES).rules, [], [])).rules.filter(({ alerts }) => alerts);
  const known = watch?.rules.map(({ rule }) => rule.name) ?? [];
  return {
    recordReads,
    retentionDays: retention === undefined || retention.days === 0 ? 'forever' : retention.days,
    longestDays: retention === undefined ? 'forever' : (longestDays(policyOf(retention, catalogue)) ?? 'forever'),
    rules,
    rulesOff: shipped.map(({ rule }) => rule.name).filter((name) => !known.includes(name)),
    captures: capture !== undefined,
    onFailure: spill?.onFailure ?? 'open',
    hasSpill: spill?.spillDir !== undefined,
    coverage: {
      checked: coverage.checked,
      missing: coverage.missing.map(({ method, path }) => `${method} ${path}`),
    },
  };
}

/** Returns the part of an application that the inventory uses; `undefined` if the options are wrong, or the ledger is off. */
export function inventoriedOf({
  ledger,
  routes,
  catalogue = new Catalogue(),
}: Subject): InventoriedApplication | undefined {
  if (!ledger || !routes) return undefined;
  const { retention } = ledger;
  return { routes, catalogue, policy: retention && policyOf(retention, catalogue) };
}
