import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { packLibrary } from './pack.mjs';
import { unnameableResults } from './package/nameable-results.mjs';

const MAX_BYTES = 1_600_000;
const MAX_FILES = 820;

/** The package must not contain the reference application, the tests, or maps without their sources. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE|dist\/cjs\/package\.json)$/,
  /^dist\/(cjs\/)?[\w.-]+(?<!\.spec)\.js$/,
  /^dist\/(index|monitoring|row-changes|streams|alerts|viewer|jetstream|testing)\.d\.ts$/,
  /^dist\/cjs\/types\/(src\/(?!shop\/)|migrations\/[^/]*audit)[^ ]*(?<!\.spec)\.d\.ts$/,
  /^dist\/viewer\/[\w.-]+(\.html|\.json|\.(js|css|svg)\.br)$/,
  /^dist\/rules\/[\w-]+\.yml$/,
  /^dist\/(collection|nest-add\.schema)\.json$/,
];

const { folder, stage, tarball, bytes, unpackedBytes, paths } = await packLibrary();
try {
  const strays = paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));
  if (strays.length > 0)
    fail(`The package holds what nobody needs: ${strays.join(', ')}. Correct scripts/package/bundle.mjs.`);
  const broken = await brokenImports(paths);
  if (broken.length > 0)
    fail(`The package lacks what it imports: ${broken.join(', ')}. Correct the bundle, or a file's name.`);
  const unnameable = await unnameableResults(stage, JSON.parse(await readFile('package.json', 'utf8')));
  if (unnameable.length > 0)
    fail(`An application cannot name results of the package:\n${unnameable.join('\n')}\nExport their types.`);
  if (bytes > MAX_BYTES || paths.length > MAX_FILES) {
    fail(
      `The package has ${bytes} bytes in ${paths.length} files, more than ${MAX_BYTES} in ${MAX_FILES}. See what grew.`,
    );
  }
  console.log(`${paths.length} files, ${bytes} bytes packed, ${unpackedBytes} unpacked`);
  run('publint', 'run', tarball, '--strict');
  run('attw', tarball);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** publint and attw check only the entries, so this script also checks relative imports. */
async function brokenImports(paths) {
  const known = new Set(paths);
  const broken = await Promise.all(
    paths
      .filter((path) => path.endsWith('.js'))
      .map(async (path) => {
        const found = (await readFile(join(stage, path), 'utf8')).matchAll(
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
