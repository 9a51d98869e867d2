import type { CommandEntry } from '../../../cli/define-command.js';

/** The commands about streams. */
export const STREAM_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  streams: {
    summary: 'show and change the streams, and retry or drop refused events',
    load: () => import('./streams.command.js'),
  },
  'streams dry-run': {
    summary: 'preview the messages of a stream, without sending them',
    load: () => import('./streams-dry-run.command.js'),
  },
};
