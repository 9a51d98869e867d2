import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleLibrary } from './package/bundle.mjs';
import { packLinks } from './package/package-links.mjs';
import { originFields, repositoryUrl } from './package/repository-url.mjs';

const run = promisify(execFile);

export async function packLibrary(env = process.env) {
  const folder = await mkdtemp(join(tmpdir(), 'audit-pack-'));
  const stage = join(folder, 'package');
  const manifest = JSON.parse(await readFile('package.json', 'utf8'));
  const url = repositoryUrl(manifest, env);
  const fields = await bundleLibrary(manifest, stage);
  for (const own of ['scripts', 'devDependencies', 'overrides']) delete manifest[own];
  await writeFile(
    join(stage, 'package.json'),
    `${JSON.stringify({ ...manifest, ...fields, ...originFields(url) }, null, 2)}\n`,
  );
  await cp('LICENSE', join(stage, 'LICENSE'));
  const readme = packLinks(await readFile('README.md', 'utf8'), { url, tag: `v${manifest.version}` });
  await writeFile(join(stage, 'README.md'), readme);
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    ...{ cwd: stage, maxBuffer: 16 * 1024 * 1024 },
  });
  const [made] = Object.values(JSON.parse(stdout)); // npm prints a list; from version 11 on, npm prints an object by name
  return {
    ...{ folder, stage, tarball: join(folder, made.filename), bytes: made.size, unpackedBytes: made.unpackedSize },
    ...{ paths: made.files.map(({ path }) => path), url },
  };
}
