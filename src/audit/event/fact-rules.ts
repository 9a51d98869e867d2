import { isFactShape, isFieldNameShape, isIdShape } from '../../base/event/fact-shapes.js';
import type { JsonObject, JsonValue } from './audit-event.js';
import { REDACTED } from '../../base/secrets/redact-names.js';
import { memoize } from '../../base/memoize.js';

/**
 * Which texts of a field are facts. `personal`: every text is personal. `fact`: every text is a fact. `judged`: a text is a fact by its
 * shape, or if it is a known word. `id`: like `judged`, and a text with the shape of an id is a fact, too.
 */
export type FieldRule = 'personal' | 'fact' | 'id' | 'judged';

/**
 * Decides which values of an event are facts. Numbers, booleans and null are facts, except under a personal name. A text is a fact by its
 * field's name, by its shape, or because it is a known word. Every other text is personal.
 */
export interface FactRules {
  readonly getRule: (name: string) => FieldRule;
  /** Returns the rule of a field whose name comes from code, whatever its characters are: the column of a table. */
  readonly ruleOfColumn: (name: string) => FieldRule;
  /** Whether a field's name comes from code. A name from data, such as an e-mail address, is personal itself. */
  readonly isFromCode: (name: string) => boolean;
  /** Returns the rule at a JSON Pointer where a personal name does not decide; otherwise `undefined`. */
  readonly ruleAt?: (pointer: string) => FieldRule | undefined;
  readonly isFact: (text: string, rule: FieldRule) => boolean;
  /** Whether the event's own field at this JSON Pointer (`/resource/id`) is declared to be a fact. */
  readonly isDeclared: (pointer: string) => boolean;
}

/** The input of {@link buildFactRules}. */
export interface FactSources {
  readonly isPersonalName: (name: string) => boolean;
  /** Whether a field contains ids, although its name does not end like `orderId`. */
  readonly isIdName: (name: string) => boolean;
  /** The names of the fields that are always facts, and the JSON Pointers of the event's own fields that are facts. */
  readonly declared: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
}

const ID_SUFFIX = /^(?:uu)?ids?$|[a-z\d](?:Id|ID)s?$|[_.-]ids?$/;

export function buildFactRules({ isPersonalName, isIdName, declared, words }: FactSources): FactRules {
  const ruleOfColumn = memoize((name: string): FieldRule => {
    if (declared.has(name)) return 'fact';
    if (isPersonalName(name)) return 'personal';
    return ID_SUFFIX.test(name) || isIdName(name) ? 'id' : 'judged';
  });
  return {
    getRule: memoize((name) => (declared.has(name) || isFieldNameShape(name) ? ruleOfColumn(name) : 'personal')),
    ruleOfColumn,
    isFromCode: isFieldNameShape,
    isFact: (text, rule) => {
      if (rule === 'personal') return false;
      if (rule === 'fact' || text === '' || text === REDACTED || words.has(text) || isFactShape(text)) return true;
      return rule === 'id' && isIdShape(text);
    },
    isDeclared: (pointer) => declared.has(pointer),
  };
}

/** Returns only the facts in an object. A list is a fact if each of its items is a fact. */
export function pickFacts(fields: JsonObject, rules: FactRules): JsonObject {
  const kept = Object.entries(fields).flatMap(([name, value]) => {
    const fact = toFact(value, rules.getRule(name), rules);
    return fact === undefined ? [] : [[name, fact] as const];
  });
  return Object.fromEntries(kept);
}

function toFact(value: JsonValue, rule: FieldRule, rules: FactRules): JsonValue | undefined {
  if (rule === 'personal') return undefined;
  if (typeof value === 'string') return rules.isFact(value, rule) ? value : undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return pickFacts(value as JsonObject, rules); // neither null nor a list
  const items = value.map((item: JsonValue) => toFact(item, rule, rules));
  return items.every((item) => item !== undefined) ? items : undefined;
}
