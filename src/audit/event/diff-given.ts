import type { Anonymizer } from './anonymize.js';
import { readSafely } from './read-safely.js';
import { REDACTED } from './sensitive-names.js';

/** The most entries that are looked at: more have no room in an event. */
const MAX_ENTRIES = 4_096;

/**
 * A diff that the caller made, in whichever format, with `path` as a pointer, a dotted text or a list of names: where the path
 * names a secret or a personal field, so is what lies beside it, under whichever name (`from`, `to`, `value`, `oldValue`…).
 */
export function maskGivenDiff(
  diff: unknown,
  isSecretName: (name: string) => boolean,
  anonymizer: Anonymizer | undefined,
): unknown {
  if (!readSafely(() => Array.isArray(diff))) return diff;
  const entries = diff as readonly unknown[]; // as isArray says
  const hide = (entry: unknown): unknown => {
    if (typeof entry !== 'object' || entry === null || !('path' in entry)) return entry;
    const names = namesOf(entry.path);
    if (names.some(isSecretName)) return withSides(entry, () => REDACTED);
    return anonymizer && names.some(anonymizer.isPersonalName) ? withSides(entry, anonymizer.pseudonym) : entry;
  };
  return readSafely(() =>
    entries.slice(0, MAX_ENTRIES).map((entry) => readSafely(() => hide(entry)) ?? '[unreadable]'),
  );
}

function namesOf(path: unknown): readonly string[] {
  if (Array.isArray(path)) return path.map(String);
  return String(path)
    .split(/[/.]/)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The entry with everything but its path and its operation hidden; that there is nothing, or a yes or a no, is shown. */
function withSides(entry: object, hide: (text: string) => string): object {
  const sides = Object.entries(entry).map(([name, side]: [string, unknown]): [string, unknown] => {
    const shown = name === 'path' || name === 'op' || side === undefined || side === null || typeof side === 'boolean';
    return [name, shown ? side : hide(typeof side === 'string' ? side : JSON.stringify(side))];
  });
  return Object.fromEntries(sides);
}
