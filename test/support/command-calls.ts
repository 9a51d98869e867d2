export interface CommandCall {
  readonly args: readonly string[];
  readonly exitCode?: number;
  readonly keys: readonly string[];
}

/** `elsewhere` names the spec that prepares the scene and calls `expectCommandJson()`. */
export type CallElsewhere = Omit<CommandCall, 'args'> & { readonly elsewhere: string };

export interface CommandRow {
  readonly good: CommandCall | CallElsewhere;
  readonly bad: readonly string[];
}

export const NOBODY = ['--database-url', 'postgresql://app@127.0.0.1:1/app'];

/**
 * The calls of each command that needs arguments. A command without a row runs without arguments, and prints all keys that its help names.
 *
 * The calls run in a folder with `signing.key`, `verifier.key`, `events.jsonl` and its manifest, `event.json`, `event.proof` and an empty
 * `spill`. `DATABASE_URL` is a ledger; `EMPTY_URL` is a database without tables.
 */
export const COMMAND_CALLS: Readonly<Record<string, readonly CommandRow[]>> = {
  migrate: [
    {
      good: {
        args: ['--database-url', 'EMPTY_URL', '--schema', 'audit', '--dry-run'],
        keys: ['ran', 'did', 'statements', 'extensions', 'dryRun'],
      },
      bad: NOBODY,
    },
  ],
  coverage: [
    {
      good: { elsewhere: 'test/long/e2e/coverage-command.spec.ts', exitCode: 1, keys: ['checked', 'missing'] },
      bad: ['no/such/file.js'],
    },
  ],
  worker: [
    {
      good: { elsewhere: 'test/integration/roles.spec.ts', keys: ['endedBy'] },
      bad: ['no/such/file.js'],
    },
  ],
  doctor: [{ good: { args: [], exitCode: 1, keys: ['status', 'at', 'checks'] }, bad: ['no/such/file.js'] }],
  capture: [
    {
      good: { elsewhere: 'test/long/e2e/capture-command.spec.ts', keys: ['tables', 'problems', 'notes'] },
      bad: ['check', '--data-source', 'no/such/file.js'],
    },
    {
      good: {
        args: ['reconcile'],
        keys: ['verdict', 'checkedAt', 'tables', 'findings', 'totalFindings', 'notes'],
      },
      bad: ['reconcile', ...NOBODY],
    },
    { good: { args: ['retry'], keys: ['changes'] }, bad: ['retry', ...NOBODY] },
  ],
  'capture revert': [
    {
      good: {
        elsewhere: 'test/integration/capture-revert.spec.ts',
        keys: ['schema', 'table', 'statement', 'reverted'],
      },
      bad: ['--event', 'x', '--dry-run'],
    },
  ],
  spill: [
    {
      good: { args: ['list', '--dir', 'spill'], keys: ['bytes', 'corruptLines', 'backends'] },
      bad: ['list', '--dir', 'no/such/folder'],
    },
  ],
  seal: [
    { good: { args: [], keys: ['sealed', 'size', 'waiting', 'waitingSeconds', 'parked'] }, bad: NOBODY },
    { good: { args: ['parked'], keys: ['lines', 'total'] }, bad: ['parked', 'discard', '17', '--reason', 'a test'] },
  ],
  verify: [
    {
      good: {
        args: ['--key', 'verifier.key'],
        keys: [
          ...['verdict', 'origin', 'size', 'checked', 'erased', 'retired', 'waiting', 'checkpoint'],
          ...['findings', 'totalFindings', 'unprotected'],
        ],
      },
      bad: NOBODY,
    },
    {
      good: { args: ['event.json', 'event.proof', '--key', 'verifier.key'], keys: ['index', 'origin', 'size'] },
      bad: ['no/such/file', 'event.proof', '--key', 'verifier.key'],
    },
    {
      good: {
        args: ['events.jsonl', '--key', 'verifier.key'],
        keys: ['verdict', 'findings', 'missing', 'manifest'],
      },
      bad: ['no/such/file', '--key', 'verifier.key'],
    },
    {
      good: {
        elsewhere: 'test/integration/streams/copy.spec.ts',
        keys: ['verdict', 'stream', 'findings', 'ranges', 'events', 'batches', 'gaps', 'retired', 'tests', 'notes'],
      },
      bad: ['events.jsonl', '--key', 'verifier.key', '--first', '1'],
    },
    {
      good: {
        elsewhere: 'test/e2e/forgotten-and-proven.spec.ts',
        keys: ['verdict', 'archive', 'manifest', 'proven', 'erased', 'columns', 'findings'],
      },
      bad: ['no/such/folder', '--key', 'verifier.key'],
    },
  ],
  query: [{ good: { args: ['limit=2'], keys: ['items', 'nextCursor'] }, bad: ['limit=none'] }],
  export: [
    {
      good: {
        args: ['--output', 'another.jsonl'],
        keys: [
          ...['exportId', 'origin', 'createdAt', 'createdBy', 'access', 'filters', 'format', 'gzip', 'proofs'],
          ...['treeSize', 'checkpoint', 'count', 'firstIndex', 'lastIndex', 'bytes', 'sha256'],
        ],
      },
      bad: ['--output', 'events.jsonl'],
    },
  ],
  retention: [
    { good: { args: ['plan'], keys: ['policy', 'policySource', 'months'] }, bad: ['plan', ...NOBODY] },
    { good: { args: ['index'], keys: ['indexed'] }, bad: ['index', ...NOBODY] },
  ],
  hold: [
    { good: { args: ['list'], keys: ['holds'] }, bad: ['release', 'none', '--reason', 'a test'] },
    { good: { args: ['list'], keys: ['holds'] }, bad: ['place', 'who:ada', '--reason', 'a test'] },
  ],
  // A dry run needs no application.
  erase: [
    {
      good: { args: ['--subject', 'u-1', '--reason', 'a test', '--dry-run'], keys: ['erasure'] },
      bad: ['--reason', 'a test'],
    },
  ],
  'subject-report': [
    { good: { args: ['--subject', 'u-1', '--output', 'report.json'], keys: ['output'] }, bad: ['--subject', 'u-1'] },
  ],
  keygen: [
    {
      good: { args: ['example.com/other'], keys: ['verifierKeys', 'signingKey'] },
      bad: ['--show', 'no/such/file'],
    },
  ],
  'capture context-key': [{ good: { args: ['list'], keys: ['keys'] }, bad: ['list', ...NOBODY] }],
  consumers: [{ good: { args: ['list'], keys: ['consumers'] }, bad: ['pause', 'unknown'] }],
  adopt: [{ good: { args: ['--reason', 'a test'], keys: ['adopted'] }, bad: NOBODY }],
};
