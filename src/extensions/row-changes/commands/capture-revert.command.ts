import { randomUUID } from 'node:crypto';
import { readContextKey, signContext } from '../../../audit/nest-free.js';
import { isUuid } from '../../../monitoring/read/query/query-parameters.js';
import { RecordChanges } from '../../../monitoring/read/query/records/record-changes.js';
import type { RevertPlan } from '../revert/plan-revert.js';
import { previewRevert, REVERT_ACTION, revertRow, type FindLast } from '../revert/revert-row.js';
import { MIGRATOR } from '../../../monitoring/store/ledger-roles.js';
import { useSession } from '../../../monitoring/store/sessions/use-session.js';
import { createPoolLimits } from '../../../monitoring/store/sessions/session-limits.js';
import { defineCommand } from '../../../cli/define-command.js';
import { flagOption, textOption, BY_OPTION } from '../../../cli/options.js';
import { useReader } from '../../../cli/connection/use-ledger.js';
import { rowChangesErrors } from '../row-changes.errors.js';

const LIMITS = createPoolLimits(60_000);

export const command = defineCommand({
  name: 'capture revert',
  usage: ['--event <id> --dry-run [options]', '--event <id> --reason <text> [options]'],
  about: [
    'Undoes one captured row change. An event in the same transaction records the person and the reason. The command refuses if the row has changed again, or if the event lacks the former values.',
  ],
  options: {
    event: textOption('<id>', 'the id of the row change'),
    dryRun: flagOption('print the statement and its parameters, and change nothing'),
    reason: textOption('<text>', 'the reason, which the event records'),
    by: BY_OPTION,
    contextKey: textOption(
      '<file>',
      'the file with the context key, which signs the actor and the reason of the new row change',
    ),
  },
  connects: 'application',
  records: true,
  json: '"schema", "table", "statement": { "text", "values" }, "reverted"',
  examples: ['--dry-run \\\n    --event 019a9c1e-8a3b-7c22-b1f0-3d2f5e6a7b80'],
  exitCodes: '0 when the change is undone, or can be (--dry-run); 2 when the command refused or failed.',
  run: async ({ options, operator: by, ledger, refuse }) => {
    const { event: id = '', reason = '', dryRun, contextKey: keyFile } = options;
    const problems = [
      ...(isUuid(id) ? [] : ['--event must be the id of an event']),
      ...(dryRun || reason.trim() !== '' ? [] : ['--reason is missing']),
      ...(dryRun || by.trim() !== '' ? [] : ['--by is missing']),
    ];
    if (problems.length > 0) refuse(...problems);
    const url = await ledger();
    const key = keyFile === undefined ? undefined : readContextKey({ keyFile });
    const plan = await useReader(url, async (reader) => {
      const changes = new RecordChanges(reader, { scope: 'all' });
      const change = await changes.find(id);
      if (!change) throw rowChangesErrors.AUDIT_REVERT_REFUSED(id, 'the ledger lacks it', 'Check the id.');
      const findLast: FindLast = async (resource) => (await changes.newest(resource, 1))[0];
      const operationId = randomUUID();
      const facts = {
        actor: { type: 'admin', id: by },
        tenantId: change.event.tenantId,
        reason,
        operation: { id: operationId, action: REVERT_ACTION },
      };
      const context = key === undefined ? '' : signContext(key, JSON.stringify(facts), Date.now());
      return useSession(url, MIGRATOR, LIMITS, (session) =>
        dryRun
          ? previewRevert(session, change, findLast)
          : revertRow(session, change, { by, reason, context, operationId }, findLast),
      );
    });
    const done = dryRun ? '' : `Reverted the row of ${plan.schema}.${plan.table}, and recorded ${REVERT_ACTION}.\n`;
    const { schema, table, statement } = plan;
    return {
      text: `${describe(plan)}${done}`,
      data: { schema, table, statement, reverted: !dryRun },
    };
  },
});

function describe({ statement: { text, values } }: RevertPlan): string {
  return [`${text};`, ...values.map((value, nth) => `-- $${nth + 1} = ${value}`), ''].join('\n');
}
