// Files have hashed names and are stored only as .br. The module that serves index.html fills in {{base}}, {{api}} and {{login}}.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { build, createLogger } from 'vite';

const FOLDER = 'dist/viewer';
const PAGE = 'index.html';
/** Names that are the same in every build, for files that the page itself does not load. */
const ALIASES = [
  ['verifier.js', /^verifier\..*\.js$/],
  ['audit-log.js', /^element\..*\.js$/],
  ['audit-log.css', /^style\..*\.css$/],
];
/** The maximum bytes with brotli: of scripts and styles of a first visit, and of all scripts, with the verifier. */
const BUDGETS = { firstScripts: 60_000, styles: 10_000, allScripts: 84_000 };
const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };

const customLogger = createLogger('warn');
await build({ configFile: 'viewer/vite.config.ts', logLevel: 'warn', customLogger });
// The verifier is built separately, because a file of evidence contains the whole verifier.
await build({ configFile: 'viewer/vite.verifier.config.ts', logLevel: 'warn', customLogger });
if (customLogger.hasWarned) {
  throw new Error(
    'Cannot build the viewer: vite warned. Repair the cause; for a module of Node, import the core by src/audit/browser.ts.',
  );
}
const page = join(FOLDER, PAGE);
await writeFile(page, (await readFile(page, 'utf8')).replaceAll('="./', '="{{base}}/'));
const names = (await readdir(FOLDER)).filter((name) => name !== PAGE).sort();
const files = await Promise.all(names.map(describe));
const aliases = Object.fromEntries(
  ALIASES.map(([alias, pattern]) => [alias, names.find((name) => pattern.test(name))]),
);
checkBudgets(await readFile(page, 'utf8'));
await writeFile(join(FOLDER, 'manifest.json'), `${JSON.stringify({ page: PAGE, files, aliases }, null, 2)}\n`);

async function describe(name) {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`Cannot build the viewer: ${name} has an unknown type. Add it to TYPES.`);
  const content = await readFile(join(FOLDER, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  const brotli = await promisify(brotliCompress)(content, { params });
  await writeFile(join(FOLDER, `${name}.br`), brotli);
  await rm(join(FOLDER, name));
  const etag = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return { name, type, etag, bytes: content.length, brotliBytes: brotli.length };
}

function checkBudgets(html) {
  const measureBrotli = (isCounted) =>
    files.filter(({ name }) => isCounted(name)).reduce((sum, { brotliBytes }) => sum + brotliBytes, 0);
  const isScript = (name) => name.endsWith('.js');
  const used = {
    firstScripts: measureBrotli((name) => isScript(name) && html.includes(`/${name}"`)),
    styles: measureBrotli((name) => name.endsWith('.css')),
    allScripts: measureBrotli(isScript),
  };
  for (const [name, bytes] of Object.entries(used)) {
    const budget = BUDGETS[name];
    if (bytes > budget) {
      throw new Error(
        `Cannot build the viewer: ${name} are ${bytes} bytes with brotli, and ${budget} are the budget. Make them smaller.`,
      );
    }
  }
  console.log(
    `viewer: ${Object.entries(used)
      .map(([name, bytes]) => `${name} ${bytes} of ${BUDGETS[name]}`)
      .join(', ')} bytes with brotli`,
  );
}
