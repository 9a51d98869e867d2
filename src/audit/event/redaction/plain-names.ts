import { isHarmless } from '../../../base/secrets/harmless-text.js';
import { memoize } from '../../../base/memoize.js';
import type { SecretNameTest } from '../../../base/secrets/redact-names.js';
import { isPairListName, isNameField, isValueName } from '../../../base/secrets/secret-pairs.js';

const MAX_NAME = 256;

export const NAME_KIND = {
  /** A name that must be cleaned before it is in an event. */
  strange: 0,
  plain: 1,
  /** A field like `value` in `{ name, value }`, whose neighbour contains a name. */
  value: 2,
  /** A field with alternating names and values, like `rawHeaders`. */
  pairs: 3,
  /** A field like `name` in `{ name, value }`, whose neighbour contains the value. */
  name: 4,
  secret: 5,
} as const;

export type NameKind = (typeof NAME_KIND)[keyof typeof NAME_KIND];

/**
 * Returns the kind of a field's name. A name of any kind except `strange` can be in an event unchanged, by a plain assignment. Such names
 * are short and harmless. They exclude names that every object has, such as `__proto__`.
 */
export const getNameKind = memoize((name): NameKind => {
  const isPlain = name.length <= MAX_NAME && isHarmless(name) && !(name in Object.prototype);
  return isPlain ? classifyPlainName(name) : NAME_KIND.strange;
});

const nameKindCaches = new WeakMap<SecretNameTest, (name: string) => NameKind>();

/**
 * Combines {@link getNameKind} with a test for secret names, which have the kind {@link NAME_KIND.secret}. So each field of an event needs
 * only one look-up.
 */
export function createNameClassifier(isSecretName: SecretNameTest): (name: string) => NameKind {
  const made = nameKindCaches.get(isSecretName);
  if (made) return made;
  const kinds = memoize((name) => {
    const kind = getNameKind(name);
    return kind !== NAME_KIND.strange && isSecretName(name) ? NAME_KIND.secret : kind;
  });
  nameKindCaches.set(isSecretName, kinds);
  return kinds;
}

function classifyPlainName(name: string): NameKind {
  if (isValueName(name)) return NAME_KIND.value;
  if (isPairListName(name)) return NAME_KIND.pairs;
  return isNameField(name) ? NAME_KIND.name : NAME_KIND.plain;
}
