/*
 * Tells which modules an import of the embedded PostgreSQL's door loads: one line of JSON, the addresses of all of them.
 */
import { register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';

const { port1, port2 } = new MessageChannel();
const hooks = `
  let port;
  export function initialize(given) { port = given; }
  export async function load(url, context, next) { port.postMessage(url); return next(url, context); }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: port2, transferList: [port2] });

const loaded = [];
port1.on('message', (url) => loaded.push(url));
await import('../../dist/src/database/embedded/start-embedded-postgres.js');
// The hooks run in another thread; by the time of a later message, the earlier ones have arrived.
port1.on('message', (url) => {
  if (!url.startsWith('data:text/javascript,/*last*/')) return;
  process.stdout.write(`${JSON.stringify(loaded)}\n`);
  port1.close();
});
await import('data:text/javascript,/*last*/');
