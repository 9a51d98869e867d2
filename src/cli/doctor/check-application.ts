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
      ? fine('mode', 'NODE_ENV is production: nothing that is missing is made by itself.')
      : warn(
          'mode',
          `NODE_ENV is ${mode === undefined || mode === '' ? 'not set' : mode}: a missing key is made by itself.`,
          'Set NODE_ENV=production, also for this command.',
        ),
  ];
}

/** Checks for routes that change state and lack a decision about their audit. */
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
      'Decorate it with @Audited or @NotAudited(reason). "nestjs-audit-ledger coverage" with the same file lists all.',
    ),
  ];
}

export function checkRetention({ retention }: LedgerOptions): Check {
  if (retention) return fine('retention', 'Rules say how long events are kept.');
  const whatToDo = 'Set the option retention, such as { days: 365 }, with the person who answers for privacy.';
  return warn('retention', 'No rule says how long events are kept: they stay forever.', whatToDo);
}

/** Checks who outside the database knows the checkpoints. */
export async function checkWitness({
  witnesses = [],
  checkpointFile,
  checkpointWebhook,
}: LedgerOptions): Promise<readonly Check[]> {
  const file = checkpointFile === undefined ? [] : [await checkFolder('checkpoint-file', dirname(checkpointFile))];
  if (witnesses.length > 0)
    return [...file, fine('witness', `Witnesses that cosign checkpoints: ${witnesses.length}.`)];
  if (checkpointFile !== undefined || checkpointWebhook !== undefined) {
    return [...file, fine('witness', `Checkpoints also go to ${checkpointFile ?? 'a webhook'}.`)];
  }
  const says = 'Nobody outside the database gets the checkpoints: the holder of the key can rewrite history.';
  return [warn('witness', says, 'Set checkpointFile to a file on another machine, checkpointWebhook, or witnesses.')];
}
