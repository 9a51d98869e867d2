import type { CommandEntry } from '../../../cli/define-command.js';

/** The commands for JetStream. */
export const JETSTREAM_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  worker: {
    summary: 'store events from JetStream in the ledger, for JetStreamModule',
    load: () => import('./worker.command.js'),
  },
};
