import type { CommandEntry } from '../../../cli/define-command.js';

export const CAPTURE_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  capture: {
    summary: 'write the triggers that capture row changes, and check them',
    load: () => import('./capture.command.js'),
  },
  'capture reconcile': {
    summary: 'find rows that were changed without an event',
    load: () => import('./capture-reconcile.command.js'),
  },
  'capture revert': { summary: 'undo a captured change of a row', load: () => import('./capture-revert.command.js') },
  'capture retry': { summary: 'retry parked row changes', load: () => import('./capture-retry.command.js') },
};

export const CONTEXT_KEY_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  'context-key': {
    summary: 'store, list or remove the keys that sign the actors of row changes',
    load: () => import('./context-key.command.js'),
  },
};
