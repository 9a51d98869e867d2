import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What `npm pack` makes of the built package, in a new temporary folder. Returns the folder, the file and what is in it. */
export async function packLibrary() {
  const folder = await mkdtemp(join(tmpdir(), 'audit-pack-'));
  const run = promisify(execFile);
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    maxBuffer: 16 * 1024 * 1024,
  });
  // A list, or from npm 11 on an object by name.
  const [{ filename, size, unpackedSize, files }] = Object.values(JSON.parse(stdout));
  const paths = files.map(({ path }) => path);
  return { folder, tarball: join(folder, filename), bytes: size, unpackedBytes: unpackedSize, paths };
}
