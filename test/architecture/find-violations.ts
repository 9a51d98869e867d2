import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ICruiseResult } from 'dependency-cruiser';
import { findSourceViolations } from './source-rules.js';

export interface Violation {
  readonly rule: string;
  /** Relative to the root of the tree. */
  readonly from: string;
  readonly what: string;
}

export interface Inspection {
  readonly violations: readonly Violation[];
  /** Relative to the root of the tree. */
  readonly files: readonly string[];
  /** No rule can judge an import that could not be followed. */
  readonly unresolved: readonly string[];
}

const CRUISE = resolve('test/architecture/cruise.mjs');
const run = promisify(execFile);

export async function inspectAll(roots: readonly string[]): Promise<readonly Inspection[]> {
  const cruised = await cruise(roots);
  return Promise.all(cruised.map(async (result, nth) => assess(roots[nth] ?? '', result)));
}

async function assess(root: string, { modules, summary }: ICruiseResult): Promise<Inspection> {
  const files = modules.map(({ source }) => source).filter((file) => file.startsWith('src/'));
  const broken = summary.violations.flatMap(({ rule, from, to, cycle = [] }) => {
    const way = cycle.map(({ name }) => name);
    const what = way.length === 0 ? to : `${from} → ${way.join(' → ')}`;
    return [...new Set([from, ...way])].map((file) => ({ rule: rule.name, from: file, what }));
  });
  return {
    violations: [...broken, ...(await findSourceViolations(root, files))],
    files,
    unresolved: modules.flatMap(({ source, dependencies }) =>
      dependencies.filter(({ couldNotResolve }) => couldNotResolve).map(({ module }) => `${source} → ${module}`),
    ),
  };
}

/** All roots share one process of their own, because cruise.mjs changes the working directory. */
async function cruise(roots: readonly string[]): Promise<readonly ICruiseResult[]> {
  const { stdout } = await run(process.execPath, [CRUISE, ...roots], { maxBuffer: 2 ** 27 });
  return JSON.parse(stdout) as ICruiseResult[]; // what the script prints: the cruiser's result for each
}
