import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MEASURES } from './parts.mjs';

const PARTS = Object.keys(MEASURES);

const USAGE = `npm run bench                          everything, in about half an hour; writes bench/results
npm run bench -- --quick               whether everything works and nothing is lost, in two minutes
npm run bench -- --only NAME,…         some parts: ${PARTS.join(', ')}
npm run bench -- --against FOLDER      beside this build, the build of another checkout; writes no results
Afterwards, npm run generate writes docs/reference/performance.md.`;

/** Returns undefined if only the help is wanted. */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void console.log(USAGE);
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) {
    throw new Error(`Cannot measure ${unknown.join(', ')}: the parts are ${PARTS.join(', ')}. Name some of them.`);
  }
  const isMeasured = (part) => only.length === 0 || only.includes(part);
  const against = values.against && resolve(values.against);
  return { quick: values.quick, against, parts: PARTS.filter(isMeasured) };
}
