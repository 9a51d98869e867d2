import { retryParked } from '../parked-changes.js';
import { SEQUENCER } from '../../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../../../monitoring/store/sessions/session-limits.js';
import { defineCommand } from '../../../cli/define-command.js';

const LIMITS = limitsWithin(60_000);

export const command = defineCommand({
  name: 'capture retry',
  usage: ['[options]'],
  about: [
    'Moves parked row changes back to the outbox. A running application then retries them, in order for each row. First correct the cause; the application’s log names it.',
  ],
  options: {},
  connects: 'sealer',
  json: '"changes"',
  examples: [''],
  exitCodes: '0 when the changes are in the outbox, 2 when the command failed.',
  run: async ({ sealer }) => {
    const role = { ...SEQUENCER, name: 'capture retry' };
    const changes = await LedgerSession.use(await sealer(), role, LIMITS, retryParked);
    const text =
      changes === 0
        ? 'Nothing is parked.\n'
        : `Moved ${changes} parked row ${changes === 1 ? 'change' : 'changes'} back to the outbox.\n`;
    return { text, data: { changes } };
  },
});
