// Prints the size of what must be trusted (ADR 63): the folder of the proof, and every file of this repository that loads with a verification.
// Needs a build, because the compiled files have no imports of types. Counts all lines of the sources; no import that runs on demand.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROOF = 'src/monitoring/proof';
const FUNCTIONS = [`${PROOF}/verify/verify-ledger`, `${PROOF}/verify/verify-folder`];
const COMMAND = ['src/cli/verify/verify.command', 'src/cli/verify/verify-thread'];
/** A module of this repository. TypeScript writes each import on one line. */
const LOADED = /^(?:import|export)\s(?:.*\sfrom\s)?'(\.{1,2}\/[^']+)\.js';$/gm;

const countLines = (file) => readFileSync(file, 'utf8').split('\n').length - 1;
const formatSize = (files) =>
  `${files.reduce((sum, file) => sum + countLines(file), 0)} lines in ${files.length} files`;

function loadedBy(entries) {
  const loaded = new Set(entries);
  for (const module of loaded) {
    const built = readFileSync(`dist/${module}.js`, 'utf8');
    for (const [, target] of built.matchAll(LOADED)) loaded.add(join(module, '..', target));
  }
  return Array.from(loaded, (module) => `${module}.ts`);
}

const own = readdirSync(PROOF, { recursive: true })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => join(PROOF, file));
const ofFunctions = loadedBy(FUNCTIONS);
if (process.argv.includes('--list')) {
  const sizes = ofFunctions.map((file) => [countLines(file), file]).toSorted(([one], [other]) => other - one);
  for (const [lines, file] of sizes) console.log(`${lines}\t${file}`);
}
console.log(`${PROOF}, which must be trusted: ${formatSize(own)} without specs (the mark is 6500 lines, see ADR 63)`);
console.log(`A verification loads ${formatSize(ofFunctions)}; with the command ${formatSize(loadedBy(COMMAND))}`);
