import { isHarmless } from '../harmless-text.js';
import { memoize } from '../memoize.js';
import type { SecretNameTest } from './redact-names.js';
import { isNameOfPairs, isPlaceName, isValueName } from './secret-pairs.js';

const MAX_NAME = 256;

/** What a field's name tells about its value. */
export const NAME_KIND = {
  /** The name cannot be in an event as it is. */
  strange: 0,
  plain: 1,
  /** It holds the value for a field that a neighbour names, like `value` beside `name`. */
  value: 2,
  /** It holds names and values in turn, like `rawHeaders`. */
  pairs: 3,
  /** It names the field that its neighbours hold the value of. */
  place: 4,
  /** It is the name of a secret. */
  secret: 5,
} as const;

export type NameKind = (typeof NAME_KIND)[keyof typeof NAME_KIND];

/**
 * Returns the kind of a field's name. All but strange names can be in an event as they are, by a plain assignment: harmless, short, and not
 * a name that every object has, like `__proto__`.
 */
export const kindOfName = memoize((name): NameKind => {
  const isPlain = name.length <= MAX_NAME && isHarmless(name) && !(name in Object.prototype);
  return isPlain ? kindOfPlain(name) : NAME_KIND.strange;
});

const kindsByTest = new WeakMap<SecretNameTest, (name: string) => NameKind>();

/**
 * Adds {@link NAME_KIND.secret} to {@link kindOfName}, by a test of names: one answer for both questions, since each field of an event
 * asks.
 */
export function kindsOfNames(isSecretName: SecretNameTest): (name: string) => NameKind {
  const made = kindsByTest.get(isSecretName);
  if (made) return made;
  const kinds = memoize((name) => {
    const kind = kindOfName(name);
    return kind !== NAME_KIND.strange && isSecretName(name) ? NAME_KIND.secret : kind;
  });
  kindsByTest.set(isSecretName, kinds);
  return kinds;
}

function kindOfPlain(name: string): NameKind {
  if (isValueName(name)) return NAME_KIND.value;
  if (isNameOfPairs(name)) return NAME_KIND.pairs;
  return isPlaceName(name) ? NAME_KIND.place : NAME_KIND.plain;
}
