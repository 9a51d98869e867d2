import type { Anonymizer } from './redaction/anonymize.js';
import { readField, readSafely } from '../../base/read-safely.js';
import { REDACTED } from '../../base/secrets/redact-names.js';

const MAX_ENTRIES = 4_096;

const PATH_PROPERTIES = ['path', 'field', 'property', 'key', 'name'] as const;

/**
 * Masks a diff that the caller made, in any format. An entry names the changed field by a pointer, a dotted text or a list of names. If
 * this field is secret or personal, all values of the entry are masked (`from`, `to`, `value`, `oldValue`…).
 */
export function maskDiff(
  diff: unknown,
  isSecretName: (name: string) => boolean,
  anonymizer: Anonymizer | undefined,
): unknown {
  if (!readSafely(() => Array.isArray(diff))) return diff;
  const entries = diff as readonly unknown[]; // isArray has tested the value
  const hide = (entry: unknown): unknown => {
    if (typeof entry !== 'object' || entry === null) return entry;
    const property = PATH_PROPERTIES.find((name) => name in entry);
    if (property === undefined) return entry;
    const names = toPathNames(readField(entry, property));
    if (names.some(isSecretName)) return maskSides(entry, property, () => REDACTED);
    return anonymizer && names.some(anonymizer.isPersonalName)
      ? maskSides(entry, property, anonymizer.pseudonym)
      : entry;
  };
  return readSafely(() =>
    entries.slice(0, MAX_ENTRIES).map((entry) => readSafely(() => hide(entry)) ?? '[unreadable]'),
  );
}

function toPathNames(path: unknown): readonly string[] {
  if (Array.isArray(path)) return path.map(String);
  return String(path)
    .split(/[/.]/)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function maskSides(entry: object, property: string, hide: (text: string) => string): object {
  const sides = Object.entries(entry).map(([name, side]: [string, unknown]): [string, unknown] => {
    const shown =
      name === property ||
      name === 'op' ||
      name === 'kind' ||
      side === undefined ||
      side === null ||
      typeof side === 'boolean';
    return [name, shown ? side : hide(typeof side === 'string' ? side : JSON.stringify(side))];
  });
  return Object.fromEntries(sides);
}
