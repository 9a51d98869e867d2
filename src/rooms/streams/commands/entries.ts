import type { CommandEntry } from '../../../cli/define-command.js';

export const STREAM_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  streams: {
    summary: 'show, change and preview the streams, and retry or drop refused events',
    load: () => import('./streams.command.js'),
  },
};
