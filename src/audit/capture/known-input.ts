import { EventEmitter } from 'node:events';
import { TEXT_LIMITS } from '../event/normalize-text.js';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';

/** The operation's fields with the client's input. */
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
const MAX_DEPTH = 10;
const SHORT = 3;

/**
 * Reads the body, the query, the parameters of the route, and the arguments after the pipes. If the input has too many values or levels,
 * `hide` replaces every text completely.
 */
export function readKnownInput({ body, request, args }: GivenInput): KnownInput {
  const names = declaredNames();
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
  return { isPath: (path) => isPathOf(names, path), hide: isWhole ? hiderOf(values) : () => HIDDEN };
}

function isPathOf(names: ReadonlySet<string>, path: string): boolean {
  if (path.length > TEXT_LIMITS.name) return false;
  const parts = path.replace(/\[\d*\]/g, '').split('.');
  const isName = (name: string | undefined): boolean => name !== undefined && names.has(name) && !/^\d*$/.test(name);
  return (
    isName(path) ||
    (isName(parts[0]) && isName(parts.at(-1)) && parts.every((part) => isName(part) || /^\d+$/.test(part)))
  );
}

/** A missing field is not in the input, so its name comes from class-validator, which keeps its rules in this global variable. */
function declaredNames(): Set<string> {
  const rules = readFieldSafely(readFieldSafely(globalThis, 'classValidatorMetadataStorage'), 'validationMetadatas');
  const all = rules instanceof Map ? [...(rules as ReadonlyMap<unknown, unknown>).values()].flat() : [];
  return new Set(all.map((rule) => String(readFieldSafely(rule, 'propertyName'))));
}

/** Ignores case, since pipes often change it. Hides a long text completely. */
function hiderOf(values: ReadonlySet<string>): KnownInput['hide'] {
  const patterns = [...values]
    .filter((value) => value !== '' && value.length <= TEXT_LIMITS.message)
    .sort((one, other) => other.length - one.length)
    .map((value) => {
      const escaped = value.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
      // A short value may be a part of other words.
      return value.length > SHORT ? escaped : `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`;
    });
  const pattern = patterns.length > 0 ? new RegExp(patterns.join('|'), 'giu') : undefined;
  return (text) => {
    if (text.length > TEXT_LIMITS.message) return HIDDEN;
    return pattern ? text.replace(pattern, HIDDEN) : text;
  };
}
