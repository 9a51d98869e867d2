import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJson } from '../base/json/parse-json.js';

export interface OwnPackage {
  readonly folder: string;
  readonly version: string;
}

/**
 * Finds the folder of this package. Works in an ES module, in CommonJS and in uncompiled TypeScript. Returns `undefined` in a bundle
 * without the package.json.
 */
export function getOwnPackage(): OwnPackage | undefined {
  for (let folder = dirname(getOwnFile()); folder !== dirname(folder); folder = dirname(folder)) {
    const version = readVersion(join(folder, 'package.json'));
    if (version !== undefined) return { folder, version };
  }
  return undefined;
}

function readVersion(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const { name, version } = parseJson(readFileSync(file, 'utf8')) as {
    readonly name?: string;
    readonly version?: string;
  };
  return name === 'nestjs-audit-ledger' ? version : undefined;
}

/** Reads the path from a stack trace, since ES modules lack `__filename`, and CommonJS lacks `import.meta`. */
function getOwnFile(): string {
  const before: typeof Error.prepareStackTrace = Reflect.get(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = (_error, [frame]) => frame?.getFileName() ?? '';
    const file = new Error().stack ?? '';
    return file.startsWith('file:') ? fileURLToPath(file) : file;
  } finally {
    Error.prepareStackTrace = before;
  }
}
