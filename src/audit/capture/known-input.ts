import { EventEmitter } from 'node:events';
import { TEXT_LIMITS } from '../event/normalize-text.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';

export type GivenInput = Pick<AuditedOperation, 'body'> & Partial<Pick<AuditedOperation, 'request' | 'args'>>;

/** Distinguishes the names in a client's input from its values. */
export interface KnownInput {
  /** Whether a path like `items.0.sku` has only names of fields and indexes. */
  readonly isPath: (path: string) => boolean;
  /** Replaces the client's values in a text. */
  readonly hide: (text: string) => string;
}

/** Replaces a value, or a text that may contain one. */
export const HIDDEN = '[value]';

const MAX_VALUES = 200;
const SHORT = 3;
/** Bounds the comparisons of one request's values with the texts of its refusal, at the worst some milliseconds. */
const MAX_COMPARED = 20_000_000;

/**
 * Reads the body, the query, the parameters of the route, and the arguments after the pipes. If the input has too many values or levels,
 * `hide` replaces every text completely.
 */
export function readKnownInput({ body, request, args }: GivenInput): KnownInput {
  const names = new Set<string>();
  const values = new Set<string>();
  const seen = new Set<unknown>([request]);
  const collect = (value: unknown, depth: number): boolean => {
    if (typeof value === 'string' || typeof value === 'number') values.add(String(value).trim());
    if (typeof value !== 'object' || value === null || value instanceof EventEmitter || seen.has(value)) return true;
    seen.add(value);
    return (readSafely(() => Object.keys(value)) ?? []).every((name) => {
      if (!Array.isArray(value)) names.add(name);
      return collect(readFieldSafely(value, name), depth + 1) && depth < MAX_DEPTH && values.size <= MAX_VALUES;
    });
  };
  const given = [readSafely(body), readFieldSafely(request, 'query'), readFieldSafely(request, 'params'), args];
  const isWhole = given.every((value) => collect(value, 0));
  return {
    isPath: (path) => isPathOf((name) => names.has(name) || declaredNames().has(name), path),
    hide: isWhole ? hiderOf(values) : () => HIDDEN,
  };
}

function isPathOf(isKnown: (name: string) => boolean, path: string): boolean {
  if (path.length > TEXT_LIMITS.name) return false;
  const parts = path.replace(/\[\d*\]/g, '').split('.');
  const isName = (name: string | undefined): boolean => name !== undefined && isKnown(name) && !/^\d*$/.test(name);
  return (
    isName(path) ||
    (isName(parts[0]) && isName(parts.at(-1)) && parts.every((part) => isName(part) || /^\d+$/.test(part)))
  );
}

const declared = { classes: 0, names: new Set<string>() };

/** A missing field is not in the input, so its name comes from class-validator, which keeps its rules in this global variable. */
function declaredNames(): ReadonlySet<string> {
  const rules = readFieldSafely(readFieldSafely(globalThis, 'classValidatorMetadataStorage'), 'validationMetadatas');
  if (!(rules instanceof Map) || rules.size === declared.classes) return declared.names;
  const all = [...(rules as ReadonlyMap<unknown, unknown>).values()].flat();
  declared.names = new Set(all.map((rule) => String(readFieldSafely(rule, 'propertyName'))));
  declared.classes = rules.size;
  return declared.names;
}

/** Ignores case, since pipes often change it. Hides a text completely that is long, or that takes too many comparisons. */
function hiderOf(values: ReadonlySet<string>): KnownInput['hide'] {
  const searched = [...values].filter((value) => value !== '' && value.length <= TEXT_LIMITS.message).map(fold);
  let compared = 0;
  return (text) => {
    const possible = searched.filter(({ length }) => length <= text.length);
    compared += text.length * possible.reduce((sum, { length }) => sum + length, 0);
    if (text.length > TEXT_LIMITS.message || compared > MAX_COMPARED) return HIDDEN;
    const within = fold(text);
    const places = possible.flatMap((value) => [...placesOf(value, within)]);
    let [shown, at] = ['', 0];
    for (const [start, end] of places.sort(([one], [other]) => one - other)) {
      if (start >= at) shown += text.slice(at, start) + HIDDEN;
      at = Math.max(at, end);
    }
    return shown + text.slice(at);
  };
}

/** Replaces each character by its lower case, where that has the same length: places in the result are places in the text. */
function fold(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return Array.from(text, (character) => {
    const lower = character.toUpperCase().toLowerCase();
    return [lower, character.toLowerCase(), character].find(({ length }) => length === character.length);
  }).join('');
}

/** A short value may be a part of other words, so it is found only where it is a word. */
function* placesOf(value: string, text: string): Generator<readonly [start: number, end: number]> {
  for (let start = text.indexOf(value); start >= 0;) {
    const end = start + value.length;
    const around = [text.slice(Math.max(start - 2, 0), start), text.slice(end, end + 2)] as const;
    const isFound = value.length > SHORT || !(/[\p{L}\p{N}]$/u.test(around[0]) || /^[\p{L}\p{N}]/u.test(around[1]));
    if (isFound) yield [start, end];
    start = text.indexOf(value, isFound ? end : start + 1);
  }
}
