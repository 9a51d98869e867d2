import { readFile } from 'node:fs/promises';

/**
 * Reads the version from this package's package.json. Searches the parent folders, too, since the depth of that file differs between source
 * code and compiled code.
 */
export async function readVersion(folder = new URL('.', import.meta.url)): Promise<string> {
  const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
  const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
  if (name === 'nestjs-audit-ledger' && version !== undefined) return version;
  const parent = new URL('..', folder);
  return parent.href === folder.href ? 'unknown' : readVersion(parent);
}
