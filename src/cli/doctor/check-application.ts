import { checkFolder } from './check-files.js';
import { dirname } from 'node:path';
import { fail, fine, warn, type Check } from './check.js';
import type { LedgerOptions, Subject } from './subject.js';

const LEAST_NODE = [20, 19] as const;

export function checkNode(version = process.versions.node, mode = process.env.NODE_ENV): readonly Check[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isKnown = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return [
    isKnown
      ? fine('node', `Node ${version}.`)
      : fail('node', `Node ${version} is too old.`, `Install Node ${LEAST_NODE.join('.')} or later.`),
    mode === 'production'
      ? fine('mode', 'NODE_ENV is production: a missing key is an error.')
      : warn(
          'mode',
          `NODE_ENV is ${mode === undefined || mode === '' ? 'not set' : mode}: the application makes a missing key.`,
          'Set NODE_ENV=production for the application and for this command.',
        ),
  ];
}

/** Finds routes that change state and are neither audited nor excluded. */
export function checkCoverage({ coverage }: Subject): readonly Check[] {
  if (!coverage) return [];
  const { checked, missing } = coverage;
  const [first] = missing;
  if (missing.length === 0) return [fine('coverage', `Routes that change state: ${checked}, each covered.`)];
  return [
    warn(
      'coverage',
      `Routes that change state: ${checked}, neither @Audited nor @NotAudited: ${missing.length}, ` +
        `${missing.length === 1 ? '' : 'such as '}${first?.method} ${first?.path}.`,
      'Decorate each route with @Audited or @NotAudited(reason). "nestjs-audit-ledger coverage" with the same file lists all these routes.',
    ),
  ];
}

export function checkRetention({ retention }: LedgerOptions): Check {
  if (retention) return fine('retention', 'A policy limits the retention of events.');
  const whatToDo = 'Set the option retention, such as { days: 365 }, together with your privacy officer.';
  return warn('retention', 'No policy limits the retention of events: they stay forever.', whatToDo);
}

/** Checks whether checkpoints are published outside the database. */
export async function checkWitness({
  witnesses = [],
  checkpointFile,
  checkpointWebhook,
}: LedgerOptions): Promise<readonly Check[]> {
  const file =
    checkpointFile === undefined ? [] : [await checkFolder('checkpoint-file', dirname(checkpointFile), 0, true)];
  if (witnesses.length > 0)
    return [...file, fine('witness', `Witnesses that cosign checkpoints: ${witnesses.length}.`)];
  if (checkpointFile !== undefined || checkpointWebhook !== undefined) {
    return [...file, fine('witness', `Checkpoints are published to ${checkpointFile ?? 'a webhook'}.`)];
  }
  const says = 'Checkpoints stay only in the database, so the holder of the key can rewrite the history of the ledger.';
  return [warn('witness', says, 'Set checkpointFile to a file on another machine, checkpointWebhook, or witnesses.')];
}
