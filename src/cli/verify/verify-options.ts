import type { Call } from '../define-command.js';
import { textOption, listOption, CHECKPOINT, keyOption, DATABASE_KEYS_HELP, PROGRESS } from '../options.js';
import { MAX_WORKERS } from './verify-threads.js';

export const VERIFY_OPTIONS = {
  from: textOption(
    '<dir>',
    'instead of a database: a folder with the published log, that is checkpoint, tile/… and tile/entries/…. If the event of a retirement was itself retired, the folder must also contain its entry, in retirements/…',
  ),
  key: keyOption(`${DATABASE_KEYS_HELP}, with a warning`),
  checkpoint: CHECKPOINT,
  witness: listOption(
    '<key>',
    'the verifier key of a witness, or a file with one key per line; the checkpoint must have its cosignature',
  ),
  quorum: textOption('<n>', 'the number of witnesses that must have cosigned; default: all'),
  archives: listOption(
    '<dir>',
    'an archive of retired events, or the folder of archives. Each must be sound, and the log must announce it. The result also counts the retired events in other archives',
  ),
  certificates: listOption(
    '<file>',
    'the file with the erasure certificates; verify lists the erasures that the ledger does not reflect, for example after a restore',
  ),
  since: textOption(
    '<file>',
    'a signed checkpoint; the events that it covers are trusted and not recomputed; - is the standard input',
  ),
  resume: textOption('<file>', 'a file for the progress: the next run, also after an interruption, continues from it'),
  threads: textOption('<n>', `the number of threads; default: one for each core, at most ${MAX_WORKERS}`),
  progress: PROGRESS,
  manifest: textOption('<file>', 'for an export: its manifest; default: <path>.manifest'),
  first: textOption(
    '<index>',
    'for a copy of a stream: the first index to check; default: the beginning of the stream',
  ),
};

export type VerifyCall = Call<typeof VERIFY_OPTIONS>;
