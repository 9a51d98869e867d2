import { resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const options = await extractOptions(resolve('.dependency-cruiser.mjs'));
const tsConfig = extractTSConfig(options.tsConfig.fileName);
const home = process.cwd();
const found = [];
for (const root of process.argv.slice(2)) {
  // The cruiser takes the working directory for the root of the tree.
  process.chdir(resolve(home, root));
  const { output } = await cruise(['src'], { ...options, baseDir: process.cwd() }, undefined, { tsConfig });
  found.push(output);
}
process.stdout.write(JSON.stringify(found));
