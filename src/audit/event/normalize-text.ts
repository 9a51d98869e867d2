import { isHarmless } from '../../base/secrets/harmless-text.js';
import { readSafely } from '../../base/read-safely.js';
import { maskSecrets } from '../../base/secrets/redact-values.js';
import type { Anonymizer } from './redaction/anonymize.js';

/** The maximum lengths of an event's own fields, in characters. */
export const TEXT_LIMITS = { id: 256, name: 256, resourceName: 200, reason: 1_024, message: 2_048 } as const;

/** The number of characters beyond the limit that are searched for secrets. */
export const MASK_OVERLAP = 1_024;

// eslint-disable-next-line no-control-regex -- the expression finds control characters
const CONTROL = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/**
 * Converts any value into a text that PostgreSQL and JSON accept, without control characters and lone surrogates. Secrets are masked. The
 * text has at most `limit` characters, each of at most three bytes of JSON. Returns `undefined` for an empty text, or a value without a
 * text form. Sets `cut.exceeded` after a cut. Never throws.
 */
export function normalizeText(
  value: unknown,
  limit: number,
  cut?: { exceeded: boolean },
  clean = cleanText,
): string | undefined {
  const text = toText(value);
  if (text === undefined || text === '') return undefined;
  if (text.length <= limit && isHarmless(text)) return text;
  // The text is masked before it is cut, so that no part of a secret remains. A long text is searched only up to this overlap.
  const short = clean(text.slice(0, limit + MASK_OVERLAP)).replace(CONTROL, '\uFFFD');
  if (short.length <= limit) return short;
  if (cut) cut.exceeded = true;
  return short.slice(0, limit).toWellFormed();
}

/** Converts an id like {@link normalizeText}, but without masks: two ids must not become one. */
export function normalizeId(value: unknown, cut?: { exceeded: boolean }): string | undefined {
  return normalizeText(value, TEXT_LIMITS.id, cut, toStorableText);
}

/** Returns `text` with masked secrets, without U+0000 and without lone surrogates. */
export function cleanText(text: string): string {
  return isHarmless(text) ? text : maskSecrets(toStorableText(text));
}

/** Returns `text` without U+0000 and without lone surrogates. */
export function toStorableText(text: string): string {
  const storable = text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
  return storable.isWellFormed() ? storable : storable.toWellFormed();
}

function toText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? undefined : stringifyObject(value);
    default:
      return undefined;
  }
}

function stringifyObject(value: unknown): string | undefined {
  const text = readSafely(() => (value instanceof Date ? value.toISOString() : String(value)));
  return text?.startsWith('[object ') ? undefined : text;
}

/** Makes the texts of an event's own fields, and counts their characters. */
export class TextNormalizer {
  length = 0;

  /** @param cut the field `exceeded` becomes `true` when a text is cut */
  constructor(
    private readonly cut: { exceeded: boolean },
    readonly anonymizer: Anonymizer | undefined,
  ) {}

  /** Returns `value` as a text of at most `limit` characters, by {@link normalizeText}. */
  of(value: unknown, limit: number): string | undefined {
    return value === undefined ? undefined : this.counted(normalizeText(value, limit, this.cut));
  }

  /** Returns an id, by {@link normalizeId}. */
  normalizeId(value: unknown): string | undefined {
    return this.counted(normalizeId(value, this.cut));
  }

  /** Returns the id of an actor or a tenant. Only digits are kept, because a client may send a token as its id. */
  normalizeActorId(value: unknown): string | undefined {
    return /^\d+$/.test(normalizeId(value) ?? '') ? this.normalizeId(value) : this.of(value, TEXT_LIMITS.id);
  }

  private counted(text: string | undefined): string | undefined {
    this.length += text?.length ?? 0;
    return text;
  }

  /** Returns a personal value as a text, or its pseudonym in an anonymised event. */
  normalizePersonal(value: unknown, limit: number): string | undefined {
    const text = this.of(value, limit);
    return text === undefined || !this.anonymizer ? text : this.anonymizer.pseudonym(text);
  }
}
