// Builds the viewer into dist/viewer: files with hashed names, each also as .br and .gz, and manifest.json, which lists them
// for the module that serves them. In index.html, {{base}}, {{api}} and {{login}} are left for that module to fill in.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const FOLDER = 'dist/viewer';
const PAGE = 'index.html';
/** Names that stay over all builds, for what is not loaded by the page. */
const ALIASES = [
  ['verifier.js', /^verifier\..*\.js$/],
  ['audit-log.js', /^element\..*\.js$/],
  ['audit-log.css', /^style\..*\.css$/],
];
const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };

await build({ configFile: 'viewer/vite.config.ts', logLevel: 'warn' });
// Alone, since a file of evidence holds it as a whole.
await build({ configFile: 'viewer/vite.verifier.config.ts', logLevel: 'warn' });
const page = join(FOLDER, PAGE);
await writeFile(page, (await readFile(page, 'utf8')).replaceAll('="./', '="{{base}}/'));
const names = (await readdir(FOLDER)).filter((name) => name !== PAGE).sort();
const files = await Promise.all(names.map(describe));
const aliases = Object.fromEntries(
  ALIASES.map(([alias, pattern]) => [alias, names.find((name) => pattern.test(name))]),
);
await writeFile(join(FOLDER, 'manifest.json'), `${JSON.stringify({ page: PAGE, files, aliases }, null, 2)}\n`);

async function describe(name) {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`Cannot build the viewer: ${name} has an unknown type. Add it to TYPES.`);
  const content = await readFile(join(FOLDER, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  const brotli = await promisify(brotliCompress)(content, { params });
  const zipped = await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION });
  await writeFile(join(FOLDER, `${name}.br`), brotli);
  await writeFile(join(FOLDER, `${name}.gz`), zipped);
  const etag = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return { name, type, etag, bytes: content.length, brotliBytes: brotli.length, gzipBytes: zipped.length };
}
