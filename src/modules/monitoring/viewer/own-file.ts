import { fileURLToPath } from 'node:url';

/**
 * The path of this file, as an ES module and as CommonJS. By the stack of an error: the one form lacks `__filename`, the other
 * `import.meta`.
 */
export function ownFile(): string {
  const before: typeof Error.prepareStackTrace = Reflect.get(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = (_error, [frame]) => frame?.getFileName() ?? '';
    const file = new Error().stack ?? '';
    return file.startsWith('file:') ? fileURLToPath(file) : file;
  } finally {
    Error.prepareStackTrace = before;
  }
}
