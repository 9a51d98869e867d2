import { existsSync } from 'node:fs';
import { verifyExport, type ExportVerification } from '../../monitoring/read/export/verify-export.js';
import { verifyCopy, type CopyVerification } from '../../extensions/streams/copy/verify-copy.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { EXIT_CODES } from '../command-result.js';
import type { Outcome } from '../define-command.js';
import { withInputFile, readInput } from '../read-input.js';
import { readPublishedNotes } from './published-notes.js';
import { readVerifierKeys } from './verifier-keys.js';
import { formatVerdictLine, type Line } from '../commands/show-lines.js';
import type { VerifyCall } from './verify-options.js';
import { hasCode } from '../../audit/nest-free.js';

/** Compares an export with its signed manifest, or checks a copy of a stream. */
export async function checkExport(file: string, { options, refuse, count }: VerifyCall): Promise<Outcome> {
  if (file === '-' && options.manifest === undefined) refuse('an export from the standard input needs --manifest');
  const trust = buildTrust(await readVerifierKeys(options.key));
  const published = await readPublishedNotes(options.checkpoint);
  const from = count('first');
  const copy =
    options.manifest === undefined && file !== '-' && !existsSync(`${file}.manifest`)
      ? await verifyCopy(file, trust, { published, ...(from !== undefined && { from }) })
      : undefined;
  if (copy) return toOutcome(copy, describeCopy(copy));
  if (from !== undefined) refuse('--first is only for the copy of a stream');
  try {
    const note = await readInput(options.manifest ?? `${file}.manifest`);
    const verification = await withInputFile(file, (read) => verifyExport(read, note, trust, published));
    return toOutcome(verification, describe(verification));
  } catch (error) {
    if (!hasCode(error, 'AUDIT_PROOF_WRONG')) throw error;
    return { exitCode: EXIT_CODES.tampered, error };
  }
}

function toOutcome(data: ExportVerification | CopyVerification, lines: readonly Line[]): Outcome {
  return { exitCode: data.verdict === 'sound' ? EXIT_CODES.fine : EXIT_CODES.tampered, text: lines, data };
}

function describe({ verdict, manifest, findings, missing = 0, proven }: ExportVerification): readonly Line[] {
  const { origin, count, treeSize, filters, access } = manifest;
  const requested = Object.keys(filters).length > 0 ? `, filtered by ${JSON.stringify(filters)}` : '';
  return [
    ...findings,
    ...(missing > 0
      ? [
          `note: ${missing} events below the export’s tree size are missing; verify shows whether they were retired or lost`,
        ]
      : []),
    ...(proven === undefined
      ? []
      : count === 0
        ? ['note: the export has no event, so nothing is proven']
        : [`proven: ${proven} of ${count} events are in the tree of the checkpoint, as they were sealed`]),
    formatVerdictLine(
      verdict,
      `${count} of the ${treeSize} sealed events of ${origin}${requested}, as shown to ${JSON.stringify(access)}`,
    ),
  ];
}

function describeCopy({ verdict, stream, findings, notes, ...copy }: CopyVerification): readonly Line[] {
  const { events, batches, gaps, retired, tests, ranges } = copy;
  const beside = Object.entries({ gaps, 'retired events': retired, tests }).filter(([, number]) => number > 0);
  return [
    ...findings,
    ...ranges.map(
      ({ first, last, selection }) => `index ${first} to ${last}: selected by ${JSON.stringify(selection)}`,
    ),
    ...notes.map((note) => `note: ${note}`),
    formatVerdictLine(
      verdict,
      `the copy of ${stream} has ${events} events in ${batches} batches${beside.map(([name, number]) => `, ${number} ${name}`).join('')}`,
    ),
  ];
}
