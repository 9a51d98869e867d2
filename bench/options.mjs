import { parseArgs } from 'node:util';

/** What can be measured, in this order. */
export const PARTS = [
  'express',
  'fastify',
  'entity',
  'transaction',
  'latency',
  'record',
  'rows',
  'event',
  'heap',
  'profile',
  'spill',
  'integrity',
  'disk',
  'nodes',
  'query',
  'export',
  'retention',
  'verify',
  'viewer',
  'streams',
  'watch',
];

/** Those on a ledger of millions of events, which they share. */
const ON_LARGE_LEDGER = ['query', 'export', 'retention', 'viewer'];

/** Those that only run when asked for. */
export const ON_REQUEST = ['nodes', ...ON_LARGE_LEDGER, 'verify', 'streams', 'watch'];

export const USAGE = `npm run bench                         everything, in about 16 minutes; writes bench/results and the page
npm run bench -- --quick              whether everything works and nothing is lost, in under a minute
npm run bench -- --only NAME,…        some parts: ${PARTS.join(', ')}; they replace those of the latest result
npm run bench -- --only ${ON_LARGE_LEDGER.join(',')}
                                      what is done with a ledger of 5,000,000 events; in about 12 minutes, with 20 GB of disk
npm run bench -- --only query --events 500000
                                      the same of a ledger of at most so many events; shown, and not stored
npm run bench -- --only verify         what verifying 1,000,000 sealed events takes; in about 6 minutes, with 6 GB of disk
npm run bench -- --only streams        what streams cost, and how fast they are; in about 5 minutes
npm run bench -- --only watch          what all shipped rules cost over a day of 1,000,000 events; in about 5 minutes
npm run bench -- --nodes 20,22,24     also what the application costs on these versions of Node
npm run bench -- --profile NAME       where the CPU time of one contender goes; --adapter fastify for the other one
npm run bench -- --docs [--check]     writes docs/reference/performance.md from the latest result, or only compares`;

/**
 * What the command line asks for.
 *
 * @throws Error naming what is wrong
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      nodes: { type: 'string', default: '' },
      events: { type: 'string' },
      profile: { type: 'string' },
      adapter: { type: 'string', default: 'express' },
      docs: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const nodes = list(values.nodes).map(Number);
  if (!nodes.every((major) => Number.isInteger(major) && major >= 20)) {
    throw new Error(`Cannot read --nodes ${values.nodes}: it takes majors from 20 on. Say --nodes 20,22,24.`);
  }
  if (!['express', 'fastify'].includes(values.adapter)) {
    throw new Error(`Cannot use the adapter ${values.adapter}: there are express and fastify. Name one of them.`);
  }
  const events = values.events === undefined ? undefined : Number(values.events);
  if (events !== undefined && !(Number.isInteger(events) && events >= LEAST_EVENTS)) {
    throw new Error(
      `Cannot load ${values.events} events: a ledger to ask has at least ${LEAST_EVENTS}. Say --events 500000.`,
    );
  }
  return { ...values, nodes, events, parts: chooseParts(list(values.only ?? ''), nodes, values.quick) };
}

const LEAST_EVENTS = 10_000;

function chooseParts(only, nodes, quick) {
  const unknown = only.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) {
    throw new Error(`Cannot measure ${unknown.join(', ')}: the parts are ${PARTS.join(', ')}. Name some of them.`);
  }
  if (only.includes('nodes') && nodes.length === 0) {
    throw new Error('Cannot measure nodes: no version is named. Say which with --nodes 22,24.');
  }
  if (only.length > 0) return PARTS.filter((part) => only.includes(part));
  // A profile can fail at nothing that the other parts do not fail at.
  return PARTS.filter((part) => {
    if (ON_REQUEST.includes(part)) return part === 'nodes' && nodes.length > 0;
    return part !== 'profile' || !quick;
  });
}

function list(text) {
  return text.split(',').filter((item) => item !== '');
}
