import { formatNumber, makeTable } from './format.mjs';

/** What pages of a large ledger cost, by what is asked for. */
export function querySection(sizes) {
  const [small, large] = [sizes[0], sizes.at(-1)];
  const sizeOf = ({ events }) => events.toLocaleString('en-US');
  const rows = Object.entries(large.shapes).map(([name, { server, blocks, client }]) => {
    const { server: before, blocks: blocksBefore } = small.shapes[name];
    return [
      name,
      ...[before.p50Ms, before.p99Ms, server.p50Ms, server.p99Ms, server.p99Ms / before.p99Ms].map(formatNumber),
      formatNumber(client.p99Ms),
      ...[blocksBefore, blocks].map(formatNumber),
    ];
  });
  const draws = Math.min(...sizes.flatMap(({ shapes }) => Object.values(shapes).map((shape) => shape.draws)));
  return [
    `Pages of 50 events from ledgers of ${sizeOf(small)} and of ${sizeOf(large)} events of twelve months: 200 tenants, the largest ` +
      `with an eighth of all events; an actor for every 50 events, a resource for every 10 and a request for every two; every type of the ` +
      'catalogue. By the query of the product, as the role ' +
      `\`audit_reader\`, with row-level security; at least ${draws} questions of each kind, drawn at random, on one connection. ` +
      'In the database is planning, running and serialising, as PostgreSQL times it; with all is what the application waits for, ' +
      'the transaction and the parsing included. The files of both were read once before, so that the operating system has them in ' +
      'memory; a block (8 KiB) that is not there is a read of the disk more. ' +
      `The large one takes ${formatNumber(large.bytes / 2 ** 30)} GiB.`,
    makeTable(
      [
        'milliseconds',
        ...[small, large].flatMap((size) => [`p50, ${sizeOf(size)}`, `p99, ${sizeOf(size)}`]),
        'p99, large against small',
        `p99 with all, ${sizeOf(large)}`,
        ...[small, large].map((size) => `blocks, p99, ${sizeOf(size)}`),
      ],
      rows,
    ),
    ...scansTable(sizes),
  ].join('\n\n');
}

/** What no index finds, in the largest of them. */
function scansTable(sizes) {
  const { events, scans } = sizes.at(-1);
  if (scans === undefined) return [];
  const rows = Object.entries(scans).map(([name, { draws, server, blocks }]) => [
    ...[name, String(draws)],
    ...[server.p50Ms, server.p99Ms, blocks].map(formatNumber),
  ]);
  return [
    `Filters of JSON within 30 days of a tenant, of ${events.toLocaleString('en-US')} events: an index leaves those of the tenant, which are read one by one. ` +
      'A tenant is drawn as any other; the largest has an eighth of all events.',
    makeTable(['milliseconds in the database', 'questions', 'p50', 'p99', 'blocks, p99'], rows),
  ];
}
