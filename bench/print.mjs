import { relative } from 'node:path';
import { formatNumber, formatSpread } from './page/format.mjs';
import { COST_MARKS } from './page/cost-marks.mjs';
import { partsOf } from './page/cost-sections.mjs';
import { judge } from './page/judge.mjs';
import { MARKS } from './page/marks.mjs';
import { SECTIONS } from './page/sections.mjs';
import { groupShares } from './measure/read-profile.mjs';

const FUNCTIONS = 40;

/** Says what a part measured, as the page will. */
export function printPart(name, measured) {
  const make = SECTIONS.find(([part]) => part === name)?.[2];
  if (make) console.log(`\n${make(measured)}\n`);
}

/** Says where a request's CPU goes, and which marks a run reached. */
export function printMarks(result) {
  const { parts } = result;
  for (const piece of partsOf(result)) console.log(`${piece}\n`);
  for (const mark of [...MARKS, ...COST_MARKS]) {
    const judged = judge(mark, parts);
    if (!judged) continue;
    const bound = mark.atLeast === undefined ? `at most ${mark.atMost}` : `at least ${mark.atLeast}`;
    console.log(`${judged.verdict.padEnd(8)}  ${mark.measure}: ${formatSpread(judged, mark.unit)}, ${bound} asked for`);
  }
}

/** Says where a contender's time goes: by groups of functions, and the largest functions. */
export function printProfile(functions) {
  for (const [group, share] of Object.entries(groupShares(functions))) {
    console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${group}`);
  }
  console.log();
  for (const { name, url, line, selfMs } of functions.slice(0, FUNCTIONS)) {
    const file = url.startsWith('file:') ? relative(process.cwd(), new URL(url).pathname) : url;
    console.log(`${formatNumber(selfMs).padStart(7)} ms  ${name}${file === '' ? '' : `  ${file}:${line}`}`);
  }
}
