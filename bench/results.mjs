import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { NODE_MAJOR } from './schedule.mjs';

/** The Node that the page is about: the oldest that is supported, and the one that the marks are for. */
const PAGE_NODE_MAJOR = 20;

/** The latest result on a major of Node. @throws Error without any */
export async function readLatest(major = PAGE_NODE_MAJOR) {
  return JSON.parse(await readFile(fileOf(`latest-node${major}`), 'utf8'));
}

/** Those of newer versions of Node, the one that costs are judged by first. */
export async function readNewer() {
  return Promise.all(
    [24].filter((major) => existsSync(fileOf(`latest-node${major}`))).map((major) => readLatest(major)),
  );
}

/** Writes a result as the latest on its Node; Git has those before it. */
export async function writeResult(result) {
  await write(`latest-node${NODE_MAJOR}`, result);
}

/**
 * Whether parts measured now will belong on one page with the latest result, if there is one: to be asked before they are.
 *
 * @throws Error when that is of another machine or other versions
 */
export async function checkMergeable({ machine, versions, schedule }) {
  if (!hasLatest()) return;
  const latest = await readLatest(NODE_MAJOR);
  for (const [what, now, then] of [
    ['processor', machine.cpu, latest.machine.cpu],
    ['versions', JSON.stringify(versions), JSON.stringify(latest.versions)],
    ['schedule', ...sharedBy(schedule, latest.schedule)],
  ]) {
    if (now === then) continue;
    throw new Error(`Cannot add to the latest result: its ${what} were ${then}, and are ${now}. Run everything again.`);
  }
}

/** Puts parts that were measured by themselves in the place of those of the latest result, or begins one with them. */
export async function mergeResult(result) {
  if (!hasLatest()) return writeResult(result);
  const latest = await readLatest(NODE_MAJOR);
  await writeResult({
    ...latest,
    schedule: { ...latest.schedule, ...result.schedule },
    parts: { ...latest.parts, ...result.parts },
  });
}

function hasLatest() {
  return existsSync(fileOf(`latest-node${NODE_MAJOR}`));
}

/** What two schedules say of the same parts: an older one does not know the newer parts. */
function sharedBy(one, other) {
  const names = Object.keys(one).filter((name) => name in other);
  return [one, other].map((schedule) => JSON.stringify(names.map((name) => [name, schedule[name]])));
}

async function write(name, result) {
  const rounded = JSON.stringify(result, (_key, value) => (typeof value === 'number' ? round(value) : value));
  const file = fileOf(name);
  const options = { ...(await prettier.resolveConfig(file)), parser: 'json' };
  await writeFile(file, await prettier.format(rounded, options));
}

/** More digits would only be noise. */
function round(value) {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}

function fileOf(name) {
  return fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
}
