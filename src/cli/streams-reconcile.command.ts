import { describeCopyFinding } from '../modules/streams/reconcile/copy-finding.js';
import { reconcileStream, type StreamReconciliation } from '../modules/streams/reconcile/reconcile-stream.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand } from './define-command.js';
import { exportFilters } from './export-filters.js';
import { flag, text, CHECKPOINT, keyOption, KEYS_OF_DATABASE, PROGRESS } from './options.js';
import { readPublishedNotes } from './published-notes.js';
import { readVerifierKeys } from './verifier-keys.js';
import { verdictLine, type Line } from './show-lines.js';

export const command = defineCommand({
  name: 'streams reconcile',
  usage: ['--stream <name> --received <path> …'],
  about: [
    'Checks whether a receiver’s copy of a stream is complete and unaltered, and lists missing, duplicate, misplaced and altered events. The command changes nothing. It trusts the ledger, so run verify as well.',
    'The copy is the output of a destination (file, folder or S3), a folder of webhook bodies, or an export of events as JSON lines, each with index, id and leafHash.',
  ],
  arguments: [
    ['[parameters...]', 'NAME=VALUE, for an export without batches: the filter of the stream, as in its options'],
  ],
  options: {
    stream: text('<name>', 'the name of the stream'),
    received: text(
      '<path>',
      'the copy: a file or a folder; - is the standard input; with a file, its rotated files are read as well',
    ),
    offline: flag('check the copy without the ledger, only with the keys and the checkpoints'),
    key: keyOption(`${KEYS_OF_DATABASE}, with a note`),
    checkpoint: CHECKPOINT,
    from: text('<index>', 'the first index to compare; default: the beginning of the stream'),
    until: text('<index>', 'the end of the comparison, exclusive; default: the stream’s cursor'),
    progress: PROGRESS,
  },
  connects: 'application',
  json: '"verdict", "stream", "counts", "compared", "rootSize", "findings", "totalFindings", "notes"',
  examples: ['--stream siem --received events.jsonl', '--stream siem --received bodies --key k'],
  exitCodes:
    '0 when the copy is proven, 1 when it differs from the sent events, 2 when it is undecided or the command failed.',
  run: async ({ options, words, progress, ledger, count, refuse }) => {
    const { stream, received, offline } = options;
    if (stream === undefined || received === undefined) return refuse('--stream and --received are required');
    if (offline && options.key.length === 0) refuse('--offline needs --key: only a signature shows who made the copy');
    const [first, end] = [count('from'), count('until')];
    const found = await reconcileStream({
      stream,
      received,
      verifierKeys: await readVerifierKeys(options.key),
      published: await readPublishedNotes(options.checkpoint),
      ...(offline ? {} : { database: await ledger() }),
      filter: exportFilters(words, false),
      ...(first === undefined ? {} : { from: first }),
      ...(end === undefined ? {} : { until: end }),
      onProgress: (places, total) => progress.show(places, total),
    });
    return { exitCode: EXIT_OF[found.verdict], text: describe(found), data: found };
  },
});

const EXIT_OF = { proven: EXIT_CODES.fine, refuted: EXIT_CODES.tampered, undecided: EXIT_CODES.notChecked } as const;

function describe({ verdict, stream, counts, findings, totalFindings, notes }: StreamReconciliation): readonly Line[] {
  const { events, batches, gaps, repeated, replaced, torn, retired, replayed, tests } = counts;
  const more = totalFindings - findings.length;
  const beside = [
    ...(gaps > 0 ? [`${gaps} gaps`] : []),
    ...(retired > 0 ? [`${retired} events retired before they were sent`] : []),
    ...(repeated > 0 ? [`${repeated} repeated`] : []),
    ...(replaced > 0 ? [`${replaced} batches replaced by a later one`] : []),
    ...(replayed > 0 ? [`${replayed} in replays`] : []),
    ...(tests > 0 ? [`${tests} ${tests === 1 ? 'test' : 'tests'}`] : []),
    ...(torn > 0 ? [`${torn} batches cut off and written again`] : []),
  ];
  return [
    ...findings.map(describeCopyFinding),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...notes.map((note) => `note: ${note}`),
    verdictLine(
      verdict,
      `the copy of ${stream} has ${events} events in ${batches} batches${beside.map((each) => `, ${each}`).join('')}; ${totalFindings} ${totalFindings === 1 ? 'finding' : 'findings'}`,
    ),
  ];
}
