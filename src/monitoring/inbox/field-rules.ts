import {
  isFieldNameShape,
  type FactRules,
  type FieldRule,
  type JsonObject,
  type JsonValue,
} from '../../audit/nest-free.js';
import { unescapeName } from '../proof/sealing/own-fields.js';

export interface EntryRules {
  /** The rule for the values of a diff's entry before and after the change. */
  readonly sides: FieldRule;
  readonly isPathPersonal: boolean;
}

/** Whether a value is a list. This function also narrows the type of readonly arrays, which Array.isArray() does not. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * Whether the whole value is personal: it has a personal name, or it is a text that is not a fact. A list with such a text is personal as a
 * whole, because the items must keep their indexes.
 */
export function isPersonal(value: JsonValue, rule: FieldRule, rules: FactRules): boolean {
  if (rule === 'personal') return true;
  if (typeof value === 'string') return !rules.isFact(value, rule);
  return typeof value === 'object' && value !== null && isList(value) && containsPersonalText(value, rule, rules);
}

function containsPersonalText(items: readonly JsonValue[], rule: FieldRule, rules: FactRules): boolean {
  return items.some((item) =>
    typeof item !== 'object' || item === null || isList(item) ? isPersonal(item, rule, rules) : false,
  );
}

/**
 * Returns the rules for a diff's entry, by its path. If any name in the path is personal, the values are personal. Otherwise, the last name
 * in the path determines the rule.
 */
export function getEntryRules({ path }: JsonObject, rules: FactRules): EntryRules {
  if (typeof path !== 'string')
    return { sides: 'judged', isPathPersonal: path !== undefined && isPersonal(path, 'judged', rules) };
  const names = path.split('/').slice(1).map(unescapeName);
  if (!names.every(rules.isFromCode)) return { sides: 'personal', isPathPersonal: true };
  let sides: FieldRule = 'judged';
  for (const name of names) {
    const rule = rules.getRule(name);
    if (rule === 'personal') return { sides: rule, isPathPersonal: false };
    if (!/^\d+$/.test(name)) sides = rule;
  }
  return { sides, isPathPersonal: false };
}

/** Whether all names in a JSON Pointer look like names that programmers chose. */
export function isFactPath(path: string): boolean {
  return (
    path === '' ||
    path
      .split('/')
      .slice(1)
      .every((name) => isFieldNameShape(unescapeName(name)))
  );
}
