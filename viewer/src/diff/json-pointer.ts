/** Returns the names in a JSON Pointer (RFC 6901): `/items/0/a~1b` is `items`, `0`, `a/b`. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return [];
  const names = pointer.startsWith('/') ? pointer.slice(1) : pointer;
  return names.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function toPointer(names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
