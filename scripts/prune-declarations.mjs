// Removes from dist the declarations that no entry of the package leads to: nobody can import them, and they were a
// fifth of what people install.
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const { exports: entries } = JSON.parse(await readFile('package.json', 'utf8'));
const reached = new Set();
await Promise.all(
  Object.values(entries)
    .filter((entry) => typeof entry === 'object')
    .map((entry) => reach(join(entry.default.types))),
);
const files = await readdir('dist', { recursive: true });
await Promise.all(
  files
    .map((file) => join('dist', file))
    .filter((file) => file.endsWith('.d.ts') && !reached.has(file))
    .map((file) => rm(file)),
);

async function reach(file) {
  if (reached.has(file)) return;
  reached.add(file);
  const { importedFiles } = ts.preProcessFile(await readFile(file, 'utf8'));
  const own = importedFiles.filter(({ fileName }) => fileName.startsWith('.'));
  await Promise.all(own.map(({ fileName }) => reach(join(dirname(file), fileName.replace(/\.js$/, '.d.ts')))));
}
