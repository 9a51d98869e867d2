import { summarize } from '../statistics.mjs';
import { formatNumber, formatSpread, makeTable } from './format.mjs';

/** Latencies under half of the load that durable takes, by adapter. */
export function latencySection({ fastify, ...express }) {
  return [
    'Both get half of the rate that durable takes at most. A latency counts from when the request was due, so a stall is seen by all that it ' +
      `held up.${express.bare.p999Ms ? ' They take turns of a second.' : ''}`,
    latencyTable('Express', express),
    ...(fastify ? [latencyTable('Fastify', fastify)] : []),
  ].join('\n\n');
}

function latencyTable(adapter, { requestsPerSecond, bare, durable }) {
  const row = (name, { p50Ms, p99Ms, p999Ms, gapMs }) => [
    name,
    ...[p50Ms, p99Ms, p999Ms, gapMs].map((values) => (values ? formatSpread(summarize(values)) : '')),
  ];
  return makeTable(
    [
      `${adapter}, ${formatNumber(requestsPerSecond)} a second`,
      ...['p50, ms', 'p99, ms', 'p99.9, ms', 'longest gap of the event loop, ms'],
    ],
    [row('bare route', bare), row('**durable**', durable)],
  );
}
