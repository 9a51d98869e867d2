import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { compiledFile } = createRequire(import.meta.url)('./compiled-file.cjs');
const GLOBALS = new URL('globals.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: GLOBALS, format: 'module', shortCircuit: true };
  if (specifier.startsWith('.') && specifier.endsWith('.js') && !context.parentURL?.includes('/node_modules/')) {
    const stem = new URL(specifier.slice(0, -3), context.parentURL).href;
    for (const ending of ['.ts', '.tsx']) {
      if (existsSync(fileURLToPath(stem + ending))) return { url: stem + ending, format: 'module', shortCircuit: true };
    }
  }
  if (specifier.startsWith('.') && /\.tsx?$/.test(specifier)) {
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}

export function load(url, context, next) {
  const [path] = url.split('?');
  if (!path.startsWith('file:') || !/\.tsx?$/.test(path)) return next(url, context);
  const source = readFileSync(`${compiledFile(fileURLToPath(path))}.js`, 'utf8');
  return { format: 'module', source, shortCircuit: true };
}
