import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MEASURES } from './parts.mjs';

const PARTS = Object.keys(MEASURES);
/** These parts take long, so they are measured only if the command line names them. */
const ON_REQUEST = ['query', 'export', 'verify'];

const USAGE = `npm run bench                          what takes no large ledger, in about 15 minutes; writes bench/results
npm run bench -- --quick               whether everything works and nothing is lost, in two minutes
npm run bench -- --only NAME,…         some parts: ${PARTS.join(', ')}
npm run bench -- --only ${ON_REQUEST.join(',')}   what is done with up to 5,000,000 events; in about 15 minutes, with 20 GB of disk
npm run bench -- --against FOLDER      beside this build, the build of another checkout; writes no results
Afterwards, npm run generate writes the table in docs/reference/performance.md.`;

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
  const isMeasured = (part) => (only.length > 0 ? only.includes(part) : values.quick || !ON_REQUEST.includes(part));
  const against = values.against && resolve(values.against);
  return { quick: values.quick, against, parts: PARTS.filter(isMeasured) };
}
