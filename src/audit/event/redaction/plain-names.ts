import { isHarmless } from '../harmless-text.js';
import type { SecretNameTest } from './redact-names.js';
import { isNameOfPairs, isPlaceName, isValueName } from './secret-pairs.js';

const MAX_NAME = 256;
const MAX_REMEMBERED = 4_096;

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

const known = new Map<string, NameKind>();

/**
 * Returns the kind of a field's name. All but strange names can be in an event as they are, by a plain assignment: harmless, short, and not
 * a name that every object has, like `__proto__`. Answers are remembered (at most 4,096 names), since the same fields come with every
 * event.
 */
export function kindOfName(name: string): NameKind {
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const isPlain = name.length <= MAX_NAME && isHarmless(name) && !(name in Object.prototype);
  const kind = isPlain ? kindOfPlain(name) : NAME_KIND.strange;
  if (isPlain && known.size < MAX_REMEMBERED) known.set(name, kind);
  return kind;
}

const kindsByTest = new WeakMap<SecretNameTest, (name: string) => NameKind>();

/**
 * Adds {@link NAME_KIND.secret} to {@link kindOfName}, by a test of names: one answer for both questions, since each field of an event
 * asks.
 */
export function kindsOfNames(isSecretName: SecretNameTest): (name: string) => NameKind {
  const made = kindsByTest.get(isSecretName);
  if (made) return made;
  const kinds = new Map<string, NameKind>();
  const kindOf = (name: string): NameKind => {
    const remembered = kinds.get(name);
    if (remembered !== undefined) return remembered;
    const kind = kindOfName(name);
    const isSecret = kind !== NAME_KIND.strange && isSecretName(name);
    if (kind !== NAME_KIND.strange && kinds.size < MAX_REMEMBERED) kinds.set(name, isSecret ? NAME_KIND.secret : kind);
    return isSecret ? NAME_KIND.secret : kind;
  };
  kindsByTest.set(isSecretName, kindOf);
  return kindOf;
}

function kindOfPlain(name: string): NameKind {
  if (isValueName(name)) return NAME_KIND.value;
  if (isNameOfPairs(name)) return NAME_KIND.pairs;
  return isPlaceName(name) ? NAME_KIND.place : NAME_KIND.plain;
}
