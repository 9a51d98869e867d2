import type { FactRules, FieldRule, JsonObject, JsonValue } from '../../../audit/plain.js';
import { isFactPath, unescapeName } from './own-fields.js';

/** What an entry of a diff says of the values in it. */
export interface EntryRules {
  /** Of the values before and after. */
  readonly sides: FieldRule;
  /** Whether the path itself is personal. */
  readonly isPathPersonal: boolean;
}

/** Array.isArray() leaves a readonly array out. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * Whether a value goes to the personal part whole: under a personal name it does; a text does unless it is a fact; and a list
 * that holds such a text does, since the places of its items are to stay.
 */
export function isPersonal(value: JsonValue, rule: FieldRule, rules: FactRules): boolean {
  if (rule === 'personal') return true;
  if (typeof value === 'string') return !rules.isFact(value, rule);
  return typeof value === 'object' && value !== null && isList(value) && holdsPersonalText(value, rule, rules);
}

function holdsPersonalText(items: readonly JsonValue[], rule: FieldRule, rules: FactRules): boolean {
  return items.some((item) =>
    typeof item !== 'object' || item === null || isList(item) ? isPersonal(item, rule, rules) : false,
  );
}

/** By its path: a personal name in it makes its values personal; else the last name that is not a place in a list has the rule. */
export function entryRules({ path }: JsonObject, rules: FactRules): EntryRules {
  if (typeof path !== 'string')
    return { sides: 'judged', isPathPersonal: path !== undefined && isPersonal(path, 'judged', rules) };
  if (!isFactPath(path)) return { sides: 'personal', isPathPersonal: true };
  let sides: FieldRule = 'judged';
  for (const escaped of path.split('/').slice(1)) {
    const name = unescapeName(escaped);
    const rule = rules.ruleOf(name);
    if (rule === 'personal') return { sides: rule, isPathPersonal: false };
    if (!/^\d+$/.test(name)) sides = rule;
  }
  return { sides, isPathPersonal: false };
}
