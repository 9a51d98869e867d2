import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

const FOLDER = 'dist/viewer';
const MODULES = ['dist/src/modules/monitoring/viewer', 'dist/cjs/src/modules/monitoring/viewer'];

/** What a reader loads with brotli: at the first visit, in the largest language, for another language, for a file of evidence; and what the viewer adds to the packed package. */
export async function viewerBytes() {
  const { page, files } = JSON.parse(await readFile(`${FOLDER}/manifest.json`, 'utf8'));
  const html = await readFile(`${FOLDER}/${page}`, 'utf8');
  const sizes = (isMeant) => files.filter(({ name }) => isMeant(name)).map(({ brotliBytes }) => brotliBytes);
  const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
  const { stdout, status } = spawnSync('tar', ['-czf', '-', FOLDER, ...MODULES], { maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error('Cannot measure the package: tar failed. Run npm run build.');
  const languages = sizes((name) => /^[a-z]{2}\..*\.js$/.test(name));
  return {
    scripts: sum(sizes((name) => name.endsWith('.js') && html.includes(`/${name}"`))) + Math.max(...languages),
    language: Math.max(...languages),
    styles: sum(sizes((name) => name.endsWith('.css'))),
    verifier: sum(sizes((name) => /^verifier\..*\.js$/.test(name))),
    packed: stdout.length,
  };
}
