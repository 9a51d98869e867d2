// Packs the built package and checks what others would install: what is in it, how it is entered, and its types.
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { packLibrary } from './pack.mjs';

const LARGEST_BYTES = 2 * 1024 * 1024;

/** What a user needs, and nothing of the reference application, of tests or of maps whose sources are not there. */
const ALLOWED = [
  /^(package\.json|(README|SECURITY)\.md|LICENSE|dist\/cjs\/package\.json)$/,
  /^dist\/(cjs\/)?(src\/(audit|modules\/monitoring)\/|migrations\/[^/]*audit)[^ ]*(?<!\.spec|\.spec\.d)\.(js|d\.ts)$/,
  /^dist\/viewer\/[\w.-]+(\.html|\.json|\.(js|css|svg)\.br)$/,
  /^docs\/((guides|reference)\/)?[\w-]+\.md$/,
  /^schematics\/[\w.-]+\.json$/,
  /^dist\/src\/schematics\/[^ ]*(?<!\.spec)\.js$/,
  /^dist\/src\/cli\/[^ ]*(?<!\.spec|\.spec\.d)\.(js|d\.ts)$/,
];

const { folder, tarball, bytes, unpackedBytes, paths } = await packLibrary();
try {
  const strays = paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));
  if (strays.length > 0) fail(`The package holds what nobody needs: ${strays.join(', ')}. Correct "files".`);
  const once = paths.filter((path) => /^dist\/(src\/(audit|modules)|migrations)\//.test(path));
  const missing = once.map((path) => path.replace('dist/', 'dist/cjs/')).filter((path) => !paths.includes(path));
  if (missing.length > 0) fail(`The package lacks ${missing.join(', ')}. Run npm run build.`);
  const broken = await brokenImports(paths);
  if (broken.length > 0)
    fail(`The package lacks what it imports: ${broken.join(', ')}. Correct "files", or a file's name.`);
  if (bytes > LARGEST_BYTES) fail(`The package has ${bytes} bytes, more than ${LARGEST_BYTES}. See what grew.`);
  console.log(`${paths.length} files, ${bytes} bytes packed, ${unpackedBytes} unpacked`);
  run('publint', 'run', tarball, '--strict');
  run('attw', tarball);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Relative imports of files that the package does not have: publint and attw look at the entries alone. */
async function brokenImports(paths) {
  const known = new Set(paths);
  const broken = await Promise.all(
    paths
      .filter((path) => path.endsWith('.js'))
      .map(async (path) => {
        const found = (await readFile(path, 'utf8')).matchAll(
          /(?:from|import|require\()\s*\(?["'](\.{1,2}\/[^"']+\.js)["']/g,
        );
        return Array.from(found, ([, target]) => posix.join(posix.dirname(path), target))
          .filter((target) => !known.has(target))
          .map((target) => `${path} → ${target}`);
      }),
  );
  return broken.flat();
}

function run(command, ...args) {
  const { status, error } = spawnSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });
  if (status !== 0) fail(`${command} ended with ${error?.message ?? status}.`);
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
