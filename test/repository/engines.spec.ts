import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { minVersion, satisfies, validRange } from 'semver';

interface Locked {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
}

/** npm warns of these packages with EBADENGINE. */
async function unfitFor(node: string, lock: string): Promise<readonly string[]> {
  const { packages } = JSON.parse(await readFile(lock, 'utf8')) as { readonly packages: Record<string, Locked> };
  return Object.entries(packages)
    .filter(([, { engines }]) => engines?.node !== undefined && !satisfies(node, engines.node))
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

describe.each(['package-lock.json', 'docs/site/package-lock.json'])('the packages of %s', (lock) => {
  it.each(['22.23.0', '24.15.0', '26.0.0'])('take Node %s without a warning', async (node) => {
    expect(await unfitFor(node, lock)).toEqual([]);
  });

  it('take the oldest Node that the library takes, but for what Nest itself brings', async () => {
    const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as Required<Locked>;
    const oldest = minVersion(validRange(engines.node) ?? '')?.version ?? '';

    expect(oldest).toBe('20.19.0');
    const broughtByNest = ['file-type']; // @nestjs/common pins it, and loads it only for uploads
    // The tests record events in their transactions; the library does not load them. They ask for Node 22, and run on 20.
    const clients = ['@mikro-orm/core', '@mikro-orm/postgresql', '@mikro-orm/sql', 'kysely'];
    const known = [...broughtByNest, ...clients];
    expect((await unfitFor(oldest, lock)).filter((name) => !known.includes(name))).toEqual([]);
  });
});
