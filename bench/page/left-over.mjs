import { median, pairedDifferences } from '../statistics.mjs';
import { cpuOf, partOf } from './cost-marks.mjs';
import { formatNumber, makeTable } from './format.mjs';

const ADAPTERS = { express: 'Express', fastify: 'Fastify' };

/** Which parts sum to what PostgreSQL takes above the floor, and to what all of an audit takes of `save()`, as pieces of Markdown. */
export function leftOver(parts, adapters) {
  return [...overFloor(parts, adapters), ...againstSave(parts, adapters)];
}

function overFloor(parts, adapters) {
  const shown = adapters.filter((adapter) => parts[adapter].durable.floor?.byRequests);
  if (shown.length === 0) return [];
  const columns = shown.map((adapter) => partsOverFloor(parts[adapter].durable.floor));
  const names = columns[0].map(([name]) => name);
  const cells = (nth) => columns.flatMap((column) => [column[nth][1], column[nth][1] / column[0][1]].map(formatNumber));
  return [
    'What PostgreSQL takes above the floor, by what the durable route writes into, each in turns with the others. The first line is the floor: a loop of batches on one connection, ' +
      'whose backend never sleeps. The second line is what the same table takes when requests write it, whatever the ledger has. The next ones are what makes it a ledger.',
    makeTable(
      ['medians', ...shown.flatMap((adapter) => [`${ADAPTERS[adapter]}, µs a row`, 'floors'])],
      names.map((name, nth) => [name, ...cells(nth)]),
    ),
  ];
}

/** Each with its name and its microseconds a row; the last is the sum of the others. */
function partsOverFloor({ sameColumns, byRequests: { floor, unqueued, unindexed, ledger } }) {
  const steps = [
    ['the floor', median(sameColumns.cpuMicros)],
    ['backends that wake for each batch, with cold caches', median(floor.writing)],
    ['months, constraints, and the look for what is stored already', median(unqueued.writing)],
    ['the queue of the sealing', median(unindexed.writing)],
    ['the indexes', median(ledger.writing)],
    ['the backend that seals', median(ledger.all)],
  ];
  const parts = steps.map(([name, micros], nth) => [name, nth === 0 ? micros : micros - steps[nth - 1][1]]);
  return [...parts, ['**all**', steps.at(-1)[1]]];
}

const SHARES = [
  ['Node, main thread', 'main'],
  ['Node, other threads', 'others'],
  ["PostgreSQL's backends that write", 'writing'],
  ["PostgreSQL's backend that seals", 'sealing'],
];

function againstSave(parts, adapters) {
  const shown = adapters.filter((adapter) => parts[adapter].save?.cpu);
  if (shown.length === 0) return [];
  const shareOf = (adapter, micros) => formatNumber(micros / savedBy(parts[adapter]));
  const rows = SHARES.map(([name, part]) => [
    name,
    ...shown.map((adapter) =>
      shareOf(
        adapter,
        addedBy(parts[adapter], (each) => partOf(each, part)),
      ),
    ),
  ]);
  const floors = shown.map((adapter) => {
    const { floor } = parts[adapter].durable;
    return floor ? shareOf(adapter, median(floor.sameColumns.cpuMicros)) : '';
  });
  return [
    'What durable delivery adds to a request, as shares of all that awaited `save()` adds; the parts sum to the figure of the mark, up to what their medians and the counters differ. ' +
      'The last line is what only storing the row would take.',
    makeTable(['', ...shown.map((adapter) => ADAPTERS[adapter])], [...rows, ['the floor', ...floors]]),
  ];
}

function addedBy({ bare, durable }, read) {
  return median(pairedDifferences(read(durable), read(bare)));
}

function savedBy({ bare, save }) {
  return median(pairedDifferences(cpuOf(save), cpuOf(bare)));
}
