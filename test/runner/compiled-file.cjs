const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');

const FOLDER = join(__dirname, '../../node_modules/.cache/specs');
const OPTIONS = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true, tsx: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      react: { runtime: 'automatic', importSource: 'preact' },
    },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: true,
  swcrc: false,
  configFile: false,
};
const places = new Map();

/** Returns the path of the compiled JavaScript of a TypeScript file, without its ending: `.js` and `.js.map` stand there. */
function compiledFile(file) {
  const known = places.get(file);
  if (known !== undefined) return known;
  const source = readFileSync(file, 'utf8');
  const place = join(FOLDER, createHash('sha256').update(`${file}\0${source}`).digest('hex').slice(0, 32));
  if (!existsSync(`${place}.js`)) compile(file, source, place);
  places.set(file, place);
  return place;
}

function compile(file, source, place) {
  const parser = { ...OPTIONS.jsc.parser, tsx: file.endsWith('.tsx') };
  const { code, map } = transformSync(source, { ...OPTIONS, jsc: { ...OPTIONS.jsc, parser }, filename: file });
  mkdirSync(FOLDER, { recursive: true });
  // The map first: who finds the code finds it, too. Another worker may write the same file.
  for (const [ending, text] of [
    ['.js.map', map],
    ['.js', code],
  ]) {
    writeFileSync(`${place}.${process.pid}`, text);
    renameSync(`${place}.${process.pid}`, `${place}${ending}`);
  }
}

module.exports = { compiledFile };
