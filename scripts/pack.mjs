import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packLinks } from './package/package-links.mjs';
import { originFields, repositoryUrl } from './package/repository-url.mjs';

const PACK = ['pack', '--json', '--ignore-scripts'];
const run = promisify(execFile);

/**
 * Packs the built package into a new temporary folder: its files as they are, its package.json and its Markdown with the
 * repository's address. Returns the folder, the tarball and what is in it.
 *
 * @param env where a workflow says the address that package.json leaves out
 */
export async function packLibrary(env = process.env) {
  const folder = await mkdtemp(join(tmpdir(), 'audit-pack-'));
  const stage = join(folder, 'package');
  const paths = pathsOf(await npm([...PACK, '--dry-run'], process.cwd()));
  for (const path of paths) {
    await mkdir(dirname(join(stage, path)), { recursive: true });
    await cp(path, join(stage, path));
  }
  const manifest = JSON.parse(await readFile('package.json', 'utf8'));
  const url = repositoryUrl(manifest, env);
  await writeFile(join(stage, 'package.json'), `${JSON.stringify({ ...manifest, ...originFields(url) }, null, 2)}\n`);
  const packed = new Set(paths);
  for (const file of paths.filter((path) => path.endsWith('.md'))) {
    const text = packLinks(await readFile(file, 'utf8'), { file, packed, url, tag: `v${manifest.version}` });
    await writeFile(join(stage, file), text);
  }
  const made = await npm([...PACK, '--pack-destination', folder], stage);
  return {
    folder,
    stage,
    tarball: join(folder, made.filename),
    bytes: made.size,
    unpackedBytes: made.unpackedSize,
    paths: pathsOf(made),
    url,
  };
}

/** What npm says about the package: a list, or from npm 11 on an object by name. */
async function npm(args, cwd) {
  const { stdout } = await run('npm', args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  const [made] = Object.values(JSON.parse(stdout));
  return made;
}

function pathsOf({ files }) {
  return files.map(({ path }) => path);
}
