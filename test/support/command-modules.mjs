/*
 * For each name, prints the packages that no earlier command loaded, as one line of JSON. A name is a command, or a file of src/cli as
 * ./<name>.js.
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

const MARK = 'data:text/javascript,//loaded-';
const { COMMANDS } = await import('../../dist/src/cli/commands.js');
const packages = {};
for (const name of process.argv.slice(2)) {
  const loaded = new Set();
  // The hooks run in another thread. When a later message arrives, all earlier messages have arrived.
  const isComplete = new Promise((resolve) => {
    port1.on('message', (url) => {
      const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
      if (found) loaded.add(found[1]);
      if (url === `${MARK}${encodeURIComponent(name)}`) resolve(undefined);
    });
  });
  await (name.startsWith('./') ? import(`../../dist/src/cli/${name}`) : COMMANDS.get(name).load());
  await import(`${MARK}${encodeURIComponent(name)}`);
  await isComplete;
  port1.removeAllListeners('message');
  packages[name] = [...loaded].sort();
}
process.stdout.write(`${JSON.stringify(packages)}\n`);
port1.close();
