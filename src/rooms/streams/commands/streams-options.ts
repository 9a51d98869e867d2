import { flag, text, texts, BY } from '../../../cli/options.js';
import { commandErrors } from '../../../cli/cli.errors.js';

export const LATE_SECONDS = 300;

export const STREAMS_OPTIONS = {
  seconds: text('<most>', `for lag: the maximum lag; above it, the exit code is 1; default: ${LATE_SECONDS}`),
  index: texts('<index>', 'for retry and drop: the index of a parked event'),
  file: text('<file>', 'for add and dry-run: the options of the stream as JSON; - is the standard input'),
  paused: flag('for add: add the stream as paused, so that you can test it first'),
  from: text('<index>', 'for resume, replay and dry-run: the first index, or an RFC 3339 time'),
  to: text('<index>', 'for replay and dry-run: the last index, or an RFC 3339 time'),
  last: text('<n>', 'for dry-run: the number of newest events, 1 to 100; default: 10'),
  event: texts('<id>', 'for dry-run: instead of a range: the id of an event'),
  secretFile: text('<file>', 'for rotate-secret: the file with the new secret; - is the standard input'),
  graceDays: text('<days>', 'for rotate-secret: the days for which both secrets sign; default: 7'),
  reason: text('<text>', 'the reason, which the event records'),
  by: BY,
} as const;

/** Reads the value of an option that is an index or a time. @throws `AUDIT_CALL_INVALID` */
export function indexOrTime(option: string, given: string | undefined): number | Date | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  if (!Number.isNaN(Date.parse(given))) return new Date(given);
  throw commandErrors.AUDIT_CALL_INVALID.ofCommand('streams', [
    `${option} ${given} is neither an index nor an RFC 3339 time`,
  ]);
}
