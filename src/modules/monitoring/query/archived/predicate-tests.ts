import type { JsonValue } from '../../../../audit/plain.js';
import { fieldFilter } from '../field-filters.js';
import type { RangeName } from '../given-values.js';
import type { Predicate, ValueTest } from '../predicates.js';
import { NUMBER } from '../query-values.js';
import { timeOfId } from '../../store/id-time.js';
import { addressTest } from './address-tests.js';
import { compareDecimals } from './decimal.js';
import { toLowerCase, type CaseFolding } from './ignoring-case.js';
import { hasChanged, hasField, hasPersonalField, wordTest, type ItemsTest } from './json-tests.js';
import type { SearchedEvent } from './searched-event.js';
import { timeOfText } from './time-of-text.js';

/** Whether a value passes. */
type JsonTest = (value: JsonValue) => boolean;

/** Whether an event passes. */
export type EventTest = (searched: SearchedEvent) => boolean;

/** What a predicate means without PostgreSQL: exactly what its SQL does, which a differential test holds it against. */
export function testOf(predicate: Predicate, folding: CaseFolding): EventTest {
  switch (predicate.on) {
    case 'field': {
      const { anyOf, isNot, orResource } = predicate;
      const { path } = fieldFilter(predicate.field);
      const tests = anyOf.map(columnTest);
      const passes = (value: JsonValue | undefined): boolean =>
        value !== undefined && tests.some((test) => test(value));
      return ({ event }) => {
        const { type, id } = event.resource ?? {};
        return (
          (passes(valueAt(event, path)) || (orResource !== undefined && type === orResource && passes(id))) !== isNot
        );
      };
    }
    case 'path': {
      const { root, isNot } = predicate;
      const names = predicate.path.split('.');
      const test = fieldTest(predicate.anyOf);
      return ({ facts, personal }) =>
        (hasField(facts[root], names, test) ||
          (personal !== undefined && hasPersonalField(personal, root, names, test))) !== isNot;
    }
    case 'words': {
      const words = predicate.words.map((word) => ({
        inReason: toLowerCase(word, folding),
        test: wordTest(word, folding),
      }));
      return ({ event, facts, personal }) => {
        const reason = event.reason === undefined ? '' : toLowerCase(event.reason, folding);
        const inDetails = Object.entries(personal ?? {}).filter(([pointer]) => pointer.startsWith('/details/'));
        return words.every(
          ({ inReason, test }) =>
            reason.includes(inReason) || test(facts.details) || inDetails.some(([, value]) => test(value)),
        );
      };
    }
    case 'changed':
      return ({ facts: { changes } }) =>
        changes !== undefined && predicate.anyOf.some((pointer) => hasChanged({ ...changes }, pointer));
    case 'time': {
      const [from = -Infinity, to = Infinity] = [predicate.from?.getTime(), predicate.to?.getTime()];
      return ({ facts }) => {
        const time = timeOfId(facts.id).getTime();
        return time >= from && time < to;
      };
    }
  }
}

function valueAt(event: object, path: readonly string[]): JsonValue | undefined {
  let value: unknown = event;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value as JsonValue | undefined; // of an event that was read as JSON
}

/** A test of a column, all of whose values are of one type. */
function columnTest(test: ValueTest): JsonTest {
  switch (test.is) {
    case 'equal': {
      const texts = new Set(test.values.map(String));
      return (value) => (typeof value === 'string' || typeof value === 'number') && texts.has(String(value));
    }
    case 'begun':
      return (value) => typeof value === 'string' && value.startsWith(test.prefix);
    case 'within': {
      const isWithin = addressTest(test.network);
      return (value) => typeof value === 'string' && isWithin(value);
    }
    case 'between':
      return (value) => typeof value === 'number' && value >= test.least && value <= test.most;
    case 'present':
      return () => true;
    default:
      return rangeTest(test);
  }
}

/** A test of what {@link hasField} found; `undefined` where it need only be there. */
export function fieldTest(tests: readonly ValueTest[]): ItemsTest | undefined {
  if (tests.some(({ is }) => is === 'present')) return undefined;
  const all = tests.map(itemsTest);
  return (items) => all.some((test) => test(items));
}

function itemsTest(test: ValueTest): ItemsTest {
  switch (test.is) {
    case 'equal':
      return (items) => items.some((item) => test.values.some((wanted) => isValue(item, wanted)));
    case 'within':
    case 'present':
      return () => false;
    case 'begun':
    case 'between': {
      const passes = columnTest(test);
      return (items) => items.some(passes);
    }
    default:
      return test.bound instanceof Date ? timesTest(test.is, test.bound) : numbersTest(test.is, test.bound);
  }
}

/** A parameter of a URL is a text, whatever it stands for. */
function isValue(candidate: JsonValue, wanted: unknown): boolean {
  const text = String(wanted);
  if (typeof candidate === 'string') return candidate === text;
  if (typeof candidate === 'number') return NUMBER.test(text) && compareDecimals(candidate, text) === 0;
  return (candidate === null || typeof candidate === 'boolean') && String(candidate) === text;
}

const SIDES: Readonly<Record<RangeName, (difference: number) => boolean>> = {
  gt: (difference) => difference > 0,
  gte: (difference) => difference >= 0,
  lt: (difference) => difference < 0,
  lte: (difference) => difference <= 0,
};

function rangeTest({ is, bound }: { readonly is: RangeName; readonly bound: number | Date }): JsonTest {
  const isOnSide = SIDES[is];
  return (value) => typeof value === 'number' && isOnSide(compareDecimals(value, String(Number(bound))));
}

/** What PostgreSQL's `double()` reads; it ends at an item that is nothing of this, and nothing is found. */
const DOUBLE = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** Of numbers, or of texts that are some. */
function numbersTest(is: RangeName, bound: number): ItemsTest {
  const isOnSide = SIDES[is];
  const isNumberOnSide = rangeTest({ is, bound });
  return (items) => {
    if (items.some(isNumberOnSide)) return true;
    const isReadable = items.every(
      (item) => typeof item === 'number' || (typeof item === 'string' && DOUBLE.test(item)),
    );
    const hasNumeral = items.some((item) => typeof item === 'string' && NUMBER.test(item));
    return isReadable && hasNumeral && items.some((item) => isOnSide(Number(item) - bound));
  };
}

/** Of texts that are times of one form; one of another form among them, and nothing is found. */
function timesTest(is: RangeName, bound: Date): ItemsTest {
  const isOnSide = SIDES[is];
  return (items) => {
    const times = items.map((item) => (typeof item === 'string' ? timeOfText(item) : undefined));
    const [first] = times;
    return times.every((time) => time !== undefined && time.form === first?.form)
      ? times.some((time) => time !== undefined && isOnSide(time.ms - bound.getTime()))
      : false;
  };
}
