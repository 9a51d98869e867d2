import { isHarmless } from './harmless-text.js';

const MAX_NAME = 256;
const MAX_REMEMBERED = 4_096;
const known = new Set<string>();

/**
 * Whether a field's name can stand in an event as it is, by a plain assignment: harmless, short, and no name that every object
 * has, as `__proto__`. What was asked once is remembered (at most 4,096 names), since the same fields come with every event.
 */
export function isPlainName(name: string): boolean {
  if (known.has(name)) return true;
  const plain = name.length <= MAX_NAME && isHarmless(name) && !(name in Object.prototype);
  if (plain && known.size < MAX_REMEMBERED) known.add(name);
  return plain;
}
