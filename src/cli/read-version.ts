import { readFile } from 'node:fs/promises';

/** Of the nearest package.json with the package's name: the sources and the built files lie at different depths. */
export async function readVersion(folder = new URL('.', import.meta.url)): Promise<string> {
  const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
  const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
  if (name === 'nestjs-audit-ledger' && version !== undefined) return version;
  const parent = new URL('..', folder);
  return parent.href === folder.href ? 'unknown' : readVersion(parent);
}
