import type { LedgerAccess } from '../../access/ledger-access.js';
import type { Predicate, ValueTest } from '../predicates.js';

/** Texts of which one stands in the line of every event that a condition holds for. */
export interface Needles {
  readonly anyOf: readonly string[];
  /** Whether they are in lower case, and are to be found in any. */
  readonly ignoresCase: boolean;
}

/** More tell the events apart no better than reading them. */
const MOST = 20;

/**
 * What a line of an archive must hold to be an event that these predicates hold for, so that DuckDB passes the others over. Lines are
 * as `JSON.stringify` writes them. It may leave too many lines, and never too few.
 */
export function needlesOf(predicates: readonly Predicate[], access: LedgerAccess): readonly Needles[] {
  return [...predicates.flatMap(needlesOfPredicate), ...needlesOfAccess(access)].filter(
    ({ anyOf }) => anyOf.length <= MOST,
  );
}

function needlesOfAccess(access: LedgerAccess): readonly Needles[] {
  if (access.scope === 'all') return [];
  return exactly((access.scope === 'tenants' ? access.tenantIds : [access.subjectId]).map((id) => JSON.stringify(id)));
}

function needlesOfPredicate(predicate: Predicate): readonly Needles[] {
  switch (predicate.on) {
    case 'field':
    case 'path': {
      // What does not hold for a value holds without one.
      const texts = predicate.isNot ? undefined : textsOf(predicate.anyOf);
      return texts ? exactly(texts) : [];
    }
    case 'words':
      return predicate.words.filter(isPlain).map((word) => ({ anyOf: [word.toLowerCase()], ignoresCase: true }));
    default:
      return [];
  }
}

function exactly(anyOf: readonly string[]): readonly Needles[] {
  return [{ anyOf, ignoresCase: false }];
}

/** `undefined` when a test holds for values whose text is not known. */
function textsOf(tests: readonly ValueTest[]): readonly string[] | undefined {
  const texts: string[] = [];
  for (const test of tests) {
    if (test.is === 'begun') texts.push(JSON.stringify(test.prefix).slice(0, -1));
    else if (test.is === 'equal' && test.values.every((value) => typeof value === 'string' && !isBare(value))) {
      texts.push(...test.values.map((value) => JSON.stringify(value)));
    } else return undefined;
  }
  return texts;
}

/** A text that may stand for another value of JSON: `12`, `true`. */
function isBare(text: string): boolean {
  return /^(-?\d[\d.]*|true|false|null)$/.test(text);
}

/** Of letters that have two cases everywhere; no number, which has several spellings. */
function isPlain(word: string): boolean {
  return /^[A-Za-z0-9_@.-]*[A-Za-z][A-Za-z0-9_@.-]*$/.test(word) && !/^-?\d/.test(word);
}
