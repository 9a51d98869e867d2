/** The length of an id, in bytes. */
export const ID_BYTES = 16;

/** The bytes of an id, each as a character of a text, for maps. */
export function keyOfId(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('latin1');
}

/** The id of such a key in hexadecimal, for statements. */
export function hexOf(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex');
}

/** The id of such a key in its usual form. */
export function idOfKey(key: string): string {
  return hexOf(key).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
