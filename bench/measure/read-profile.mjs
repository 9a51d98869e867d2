/** Where a function stands, by its file or its name, the first that fits; what the shares of a profile are called. */
const GROUPS = [
  ['waiting', ({ name }) => name === '(idle)'],
  ['profiler', ({ name, url }) => name === 'dispatch' && url === ''],
  ['garbage collection', ({ name }) => name === '(garbage collector)'],
  ['system calls and native code', ({ name }) => name === '(program)'],
  ['asynchronous context (Node)', ({ url, name }) => /async_hooks|async_local_storage|async_context/.test(url + name)],
  ['context of the audit', ({ url }) => /dist\/src\/audit\/context\//.test(url)],
  ['capture (interceptor, guard, response)', ({ url }) => /dist\/src\/audit\/capture\//.test(url)],
  [
    'building the event',
    ({ url }) => /dist\/src\/audit\/(event|catalogue)\/|dist\/src\/audit\/event-factory|node_modules\/uuidv7/.test(url),
  ],
  ['queue and receipts', ({ url }) => /dist\/src\/audit\//.test(url)],
  ['ledger', ({ url }) => /dist\/src\/modules\/monitoring\//.test(url)],
  ['PostgreSQL driver', ({ url }) => /node_modules\/pg[/-]/.test(url)],
  ['TypeORM', ({ url }) => /node_modules\/typeorm/.test(url)],
  ['Nest and RxJS', ({ url }) => /node_modules\/(@nestjs|rxjs)\//.test(url)],
  ['the route itself', ({ url }) => /\/bench\/contenders\//.test(url)],
  ['Node (streams, HTTP, timers)', ({ url }) => url.startsWith('node:') || url === ''],
  ['web framework', () => true],
];

/** The self time of each function of a V8 CPU profile, in milliseconds, the largest first. */
export function selfTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map();
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = byId.get(id);
    const key = `${functionName} ${url}:${lineNumber}`;
    const known = functions.get(key) ?? { name: functionName || '(anonymous)', url, line: lineNumber + 1, selfMs: 0 };
    known.selfMs += timeDeltas[index] / 1_000;
    functions.set(key, known);
  });
  return [...functions.values()].sort((one, other) => other.selfMs - one.selfMs);
}

/** The share of each group in the time that was spent neither waiting nor on the profile itself, the largest first. */
export function groupShares(functions) {
  const sums = new Map();
  for (const each of functions) {
    const [group] = GROUPS.find(([, fits]) => fits(each));
    sums.set(group, (sums.get(group) ?? 0) + each.selfMs);
  }
  sums.delete('waiting');
  sums.delete('profiler');
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0);
  return Object.fromEntries(
    [...sums].map(([group, ms]) => [group, ms / total]).sort(([, one], [, other]) => other - one),
  );
}
