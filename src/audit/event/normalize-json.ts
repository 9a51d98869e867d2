import type { Anonymizer } from './redaction/anonymize.js';
import type { JsonValue } from './audit-event.js';
import { TruncationBudget } from './truncation-budget.js';
import { isHarmless } from '../../base/secrets/harmless-text.js';
import { cleanText, MASK_OVERLAP, normalizeText, toStorableText } from './normalize-text.js';
import { createNameClassifier, NAME_KIND, type NameKind } from './redaction/plain-names.js';
import { readField } from '../../base/read-safely.js';
import {
  hasSecretParameters,
  isParametersName,
  isSecretValue,
  followsSecretName,
} from '../../base/secrets/secret-pairs.js';
import { normalizeName, REDACTED, type SecretNameTest } from '../../base/secrets/redact-names.js';
import { isCardLikeNumber } from '../../base/secrets/redact-values.js';

const MAX_DEPTH = 32;
const MAX_TEXT = 16_384;
const MAX_NAME = 256;
const TRUNCATED = '[cut]';

const MIN_LENGTH_TO_SHOW_END = 12;

/** How to clean a text, and how to mask the value of a field with a secret name. */
export interface TextForm {
  readonly clean: (text: string) => string;
  readonly mask: (secret: unknown) => string;
}

const MASKED: TextForm = { clean: cleanText, mask: () => REDACTED };

/** Leaves each text unchanged, for values that are only hashed. */
export const UNMASKED: TextForm = { clean: (text) => text, mask: () => REDACTED };

type MutableJson = JsonValue[] | Record<string, JsonValue>;

/**
 * Converts any value into plain, frozen JSON, and redacts and bounds it in the same pass. Masks sensitive fields and secrets by name and by form, and cuts
 * cycles and deep levels. A value without a JSON form becomes a text that describes it. Never throws, even if a getter, a proxy or `toJSON`
 * throws.
 */
export class JsonNormalizer {
  /** The objects around the current value: they are few, so a list is faster than a set. */
  private readonly path: object[] = [];
  /** Whether a value was masked so far. */
  hasHidden = false;
  /** Whether the next list alternates between names and values, or is one pair of a name and a value. */
  private arePairs = false;
  private readonly kindOfName: (name: string) => NameKind;

  /** @param maxLength the maximum length of a text, in characters */
  constructor(
    private readonly isSecretName: SecretNameTest,
    private readonly budget: TruncationBudget,
    private readonly anonymizer?: Anonymizer,
    private texts: TextForm = MASKED,
    private readonly maxLength = MAX_TEXT,
  ) {
    this.kindOfName = createNameClassifier(isSecretName);
  }

  /** Returns `value` as JSON; `undefined` for a value that JSON omits from an object. */
  normalize(value: unknown): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        if (!Number.isFinite(value) || this.isMaskedNumber(value)) return this.text(String(value));
        return this.budget.take(24) ? value + 0 : TRUNCATED; // + 0, since JSON has no negative zero
      case 'boolean':
        return this.budget.take(5) ? value : TRUNCATED;
      case 'bigint':
        return this.text(String(value));
      case 'undefined':
        return undefined;
      case 'symbol':
      case 'function':
        return this.text(`[${typeof value}]`);
      case 'object':
        if (value === null) return this.budget.take(4) ? null : TRUNCATED;
        return this.normalizeObject(value);
    }
  }

  private normalizeField(name: string, holder: object, key: PropertyKey, isSecret: boolean): JsonValue | undefined {
    if (isSecret) return this.mask(holder, key, name);
    if (this.anonymizer?.isPersonalName(name)) return this.normalizePersonal(holder, key, this.anonymizer.pseudonym);
    return this.isSecretName.excluded?.has(name) === true ? this.keep(holder, key) : this.readAndNormalize(holder, key);
  }

  private keep(holder: object, key: PropertyKey): JsonValue | undefined {
    const { texts } = this;
    this.texts = { ...texts, clean: toStorableText };
    try {
      return this.readAndNormalize(holder, key);
    } finally {
      this.texts = texts;
    }
  }

  private isMaskedNumber(value: number): boolean {
    return isCardLikeNumber(value) && this.texts.clean(String(value)) !== String(value);
  }

  /** The text is cut before the search for secrets, so that a long text costs no more than a short one. */
  private text(text: string): JsonValue {
    if (text.length <= this.maxLength && isHarmless(text) && text.length + 2 <= this.budget.remaining) {
      this.budget.take(text.length + 2);
      return text;
    }
    if (text.length > this.maxLength) this.budget.exceeded = true;
    const short = text.slice(0, this.maxLength + MASK_OVERLAP);
    const clean = this.texts.clean(short);
    if (clean !== short) this.hasHidden = true;
    return this.budget.takeText(clean, this.maxLength) ?? TRUNCATED;
  }

  private normalizeObject(value: object): JsonValue | undefined {
    if (this.path.includes(value)) return this.text('[circular]');
    if (this.path.length >= MAX_DEPTH) {
      this.budget.exceeded = true;
      return this.text('[too deep]');
    }
    this.path.push(value);
    try {
      if (Array.isArray(value)) return this.normalizeItems(value);
      return Object.getPrototypeOf(value) === Object.prototype
        ? this.normalizeFields(value)
        : this.normalizeInstance(value);
    } catch {
      return this.text('[unreadable]');
    } finally {
      this.path.pop();
    }
  }

  private normalizeInstance(value: object): JsonValue | undefined {
    if (value instanceof Date) {
      return this.text(Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString());
    }
    if (value instanceof Map) return this.normalizeEntries(mapEntries(value));
    if (value instanceof Set) return this.normalizeItems([...(value as Set<unknown>)]);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.text(`[${value.byteLength} bytes]`);
    if (value instanceof RegExp || value instanceof URL) return this.text(String(value));
    if (value instanceof Promise) return this.text('[promise]');
    if (value instanceof Error) return this.normalizeEntries(listErrorEntries(value));
    if (value instanceof Number || value instanceof String || value instanceof Boolean) {
      return this.normalize(value.valueOf());
    }
    return this.normalizeFields(value);
  }

  private normalizeFields(value: object): JsonValue | undefined {
    const plain = toJsonForm(value);
    if (plain !== value) return this.normalize(plain);
    if (!this.budget.take(2)) return TRUNCATED;
    const out: Record<string, JsonValue> = {};
    for (const name of Object.keys(value)) {
      if (!this.addField(out, name, value, name)) return this.close(out, undefined);
    }
    return Object.freeze(out);
  }

  private normalizeItems(items: readonly unknown[]): JsonValue {
    if (!this.budget.take(2)) return TRUNCATED;
    const { arePairs } = this;
    let areNames = items.length % 2 === 0;
    const out: JsonValue[] = [];
    for (let index = 0; index < items.length; index++) {
      if (!this.budget.take(1)) return this.close(out, items.length - index);
      if (index % 2 === 0) areNames &&= typeof items[index] === 'string';
      else if (areNames && followsSecretName(items, index, this.isSecretName, arePairs)) {
        out.push(this.mask(items, index) ?? null);
        continue;
      }
      this.arePairs = isPair(items[index]);
      out.push(this.normalize(items[index]) ?? this.normalize(null) ?? null);
    }
    return Object.freeze(out);
  }

  private normalizeEntries(entries: Iterable<Entry>): JsonValue {
    if (!this.budget.take(2)) return TRUNCATED;
    const out: Record<string, JsonValue> = {};
    for (const [name, holder, key] of entries) {
      if (!this.addField(out, name, holder, key)) return this.close(out, undefined);
    }
    return Object.freeze(out);
  }

  private addField(out: Record<string, JsonValue>, name: string, holder: object, key: PropertyKey): boolean {
    const kind = this.kindOfName(name);
    if (kind !== NAME_KIND.strange && name.length + 4 <= this.budget.remaining) {
      this.budget.take(name.length + 4);
      this.arePairs = kind === NAME_KIND.pairs;
      const isSecret =
        (kind === NAME_KIND.value && isSecretValue(holder, this.isSecretName)) ||
        ((kind === NAME_KIND.pairs || kind === NAME_KIND.value) &&
          isParametersName(name) &&
          hasSecretParameters(holder, this.isSecretName));
      const normal = isSecret
        ? this.mask(holder, key)
        : this.normalizeField(name, holder, key, kind === NAME_KIND.secret);
      if (normal !== undefined) out[name] = normal;
      return true;
    }
    const cleanName = this.budget.takeText(cleanText(name.slice(0, MAX_NAME + MASK_OVERLAP)), MAX_NAME);
    if (cleanName === undefined || !this.budget.take(2)) return false;
    const normal = this.normalizeField(name, holder, key, this.isSecretName(name));
    if (normal !== undefined) {
      // defineProperty, since `out['__proto__'] = …` would set the prototype.
      Object.defineProperty(out, cleanName, { value: normal, enumerable: true, configurable: true, writable: true });
    }
    return true;
  }

  private mask(holder: object, key: PropertyKey, name = ''): JsonValue | undefined {
    const { lastFour, isTokenCount } = this.isSecretName;
    let value: unknown;
    try {
      value = readField(holder, key);
      const isShown = value === undefined || value === null || typeof value === 'boolean';
      if (isShown || isTokenCount?.(name, value) === true) return this.normalize(value);
      this.hasHidden = true;
      const showsEnd = lastFour !== undefined && lastFour.size > 0 && lastFour.has(normalizeName(name));
      if (showsEnd && typeof value === 'string' && value.length >= MIN_LENGTH_TO_SHOW_END) {
        return this.text(`****${value.slice(-4)}`);
      }
    } catch {
      // an unreadable value is masked
    }
    return this.budget.takeText(this.texts.mask(value), MAX_TEXT) ?? TRUNCATED;
  }

  private normalizePersonal(
    holder: object,
    key: PropertyKey,
    pseudonym: Anonymizer['pseudonym'],
  ): JsonValue | undefined {
    const unmasked = new JsonNormalizer(NO_SECRETS, new TruncationBudget(MAX_TEXT), undefined, UNMASKED);
    const plain = unmasked.readAndNormalize(holder, key);
    return this.normalize(pseudonymizeValue(plain, pseudonym));
  }

  private readAndNormalize(holder: object, key: PropertyKey): JsonValue | undefined {
    let value: unknown;
    try {
      value = readField(holder, key);
    } catch {
      return this.text('[unreadable]');
    }
    return this.normalize(value);
  }

  private close(out: MutableJson, missing: number | undefined): JsonValue {
    if (Array.isArray(out)) out.push(`[cut: ${missing ?? 0} more]`);
    else out['[cut]'] = true;
    return Object.freeze(out);
  }
}

/** All callers share this function, since the cache of name kinds uses the function as its key. */
export const NO_SECRETS: SecretNameTest = () => false;

function pseudonymizeValue(value: JsonValue | undefined, pseudonym: Anonymizer['pseudonym']): JsonValue | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => pseudonymizeValue(item, pseudonym) ?? null);
  return pseudonym(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function isPair(item: unknown): boolean {
  return Array.isArray(item) && item.length === 2;
}

function toJsonForm(value: object): unknown {
  if (!('toJSON' in value) || typeof value.toJSON !== 'function') return value;
  try {
    const form: unknown = Reflect.apply(value.toJSON, value, []);
    return form;
  } catch {
    return value;
  }
}

/** The entry does not contain the value, since the access to the value may throw. */
type Entry = readonly [name: string, holder: object, key: PropertyKey];

function* mapEntries(map: ReadonlyMap<unknown, unknown>): Generator<Entry> {
  for (const entry of map) yield [normalizeText(entry[0], 256) ?? `[${typeof entry[0]}]`, entry, 1];
}

function* listErrorEntries(error: Error): Generator<Entry> {
  yield ['name', error, 'name'];
  yield ['message', error, 'message'];
  if ('code' in error) yield ['code', error, 'code'];
}
