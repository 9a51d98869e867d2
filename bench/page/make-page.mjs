import { formatNumber, formatSpread, makeTable } from './format.mjs';
import { costSection } from './cost-sections.mjs';
import { judge } from './judge.mjs';
import { MARKS } from './marks.mjs';
import { SECTIONS } from './sections.mjs';

/**
 * The page about a result, as Markdown: the same for the same result.
 *
 * @param newer results of newer versions of Node, the one that matters most first: the cost ledger has them beside it
 */
export function makePage(result, newer = []) {
  return [
    '# Performance',
    '<!-- Generated from bench/results by `npm run bench -- --docs`. Do not edit. -->',
    'What an audited request costs, measured by `npm run bench`. Absolute figures hold for this machine only; the ratios are of ' +
      'one run, round by round. Behind a median, in parentheses, are the smallest and the largest round.',
    ...busyNote(result),
    '## The marks',
    makeTable(
      ['measure', 'mark', 'moonshot', 'figure', 'verdict'],
      MARKS.map((mark) => markRow(mark, result.parts)),
    ),
    costSection([...newer, result]),
    ...SECTIONS.filter(([part]) => part in result.parts).flatMap(([part, heading, make]) => [
      `## ${heading}`,
      make(result.parts[part]),
    ]),
    '## How it was measured',
    conditions(result),
    makeTable(['', ''], facts(result)),
  ].join('\n\n');
}

/** From this load average on, something else was running. */
const BUSY = 1;

function busyNote({ machine: { loadAverageBefore, cores } }) {
  if (loadAverageBefore < BUSY) return [];
  return [
    `**The machine was busy with other work**: ${loadAverageBefore} processes were running on ${cores} cores before the run. ` +
      'These figures say little; run it again on a calm one.',
  ];
}

function markRow(mark, parts) {
  const unit = mark.unit === undefined ? '' : ` ${mark.unit}`;
  const sign = mark.atLeast === undefined ? '≤' : '≥';
  const bound = (value) => (value === undefined ? '' : `${sign} ${value}${unit}`);
  const judged = judge(mark, parts);
  return [
    mark.measure,
    bound(mark.atLeast ?? mark.atMost),
    bound(mark.moonshot),
    judged ? formatSpread(judged, mark.unit) : 'not measured',
    judged?.verdict ?? '',
  ];
}

function conditions({ schedule, parts }) {
  const rowBytes = parts.express?.durable.rowBytes;
  return [
    '- A route `POST /orders` with a body of some 640 bytes, an authenticated user, and no work of its own. Every contender is a',
    '  small Nest application in a process of its own; the load comes from another one, over 50 connections.',
    '- Contenders take turns, and are frozen while another one is measured. A checkpoint precedes each window.',
    `- Windows: ${schedule.express.durable / 1_000} s for the bare and the durable route, ${schedule.express.save / 1_000} s for`,
    `  others; ${schedule.rounds} rounds, each after a warm-up.`,
    '- PostgreSQL is the embedded one with its default durability: `fsync`, `synchronous_commit` and `full_page_writes` are on,',
    '  which the benchmark asserts.',
    `- The ledger and the team's table have the same indexes and month partitions${rowBytes ? `; a row of the ledger has ${rowBytes} bytes` : ''}.`,
    '- After each contender, one row for every answered request must be in its table, or the run fails.',
    '- CPU is what the kernel counted for the processes (`/proc`), over the same window, divided by the requests in it.',
  ].join('\n');
}

function facts({ startedAt, machine, versions }) {
  return [
    ['date', startedAt.slice(0, 10)],
    ['processor', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`],
    ['system', machine.system],
    ['fsync of 8 KiB', `${formatNumber(machine.fsyncMs)} ms`],
    ['load average before the run', String(machine.loadAverageBefore)],
    ...Object.entries(versions),
  ];
}
