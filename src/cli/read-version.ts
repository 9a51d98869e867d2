import { readFile } from 'node:fs/promises';

/** Reads the version in the nearest package.json of nestjs-audit-ledger, which sources and built files have at different distances. */
export async function readVersion(folder = new URL('.', import.meta.url)): Promise<string> {
  const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
  const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
  if (name === 'nestjs-audit-ledger' && version !== undefined) return version;
  const parent = new URL('..', folder);
  return parent.href === folder.href ? 'unknown' : readVersion(parent);
}
