import { listHolds, placeHold, releaseHold, type LegalHold } from '../modules/monitoring/lifecycle/holds/holds.js';
import { RETENTION } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { RETENTION_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { actSigner } from './act-signer.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { sequencerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger hold place --reason <text> [--tenant <id>] [--actor <id>] [--resource <type>[/<id>]]
                                      [--from <time>] [--to <time>] [--until <time>] [--by <name>]
       nestjs-audit-ledger hold list [--json]
       nestjs-audit-ledger hold release <id> --reason <text> [--by <name>]

A legal hold protects events from retention and erasure until you release it, or until a time. It covers the events that match every
condition you give; give at least one. Placing and releasing a hold are events, with an act that the ledger's key signs.

  --reason        the reason, for the event
  --tenant        events of this tenant
  --actor         events by this actor, or on behalf of it
  --resource      events about resources of this type, or about this resource
  --from, --to    events that occurred at or after a time, and before a time
  --until         when the hold ends; times are days or RFC 3339, in UTC without an offset
  --by            who does this; default: your user name and this machine
  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --json          print the holds as JSON
  --help          print this

Environment: to place and to release, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application's values.

Examples:
  nestjs-audit-ledger hold list

Exit code: 0 when it is done, 2 when the command failed.
`;

/** `nestjs-audit-ledger hold`. Never rejects. */
export async function runHold(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('hold', {
      args: [...args],
      allowPositionals: true,
      options: {
        reason: { type: 'string', default: '' },
        tenant: { type: 'string' },
        actor: { type: 'string' },
        resource: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        until: { type: 'string' },
        by: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const url = await sequencerUrlIn(values.schema, values['database-url']);
    const [act, id, ...others] = positionals;
    const isKnown = (act === 'place' || act === 'list') && id === undefined;
    if (others.length > 0 || !(isKnown || (act === 'release' && id !== undefined))) {
      return refuseCall('hold', ['it takes place, list, or release with the id of one hold']);
    }
    if (url === undefined) return refuseCall('hold', [NO_LEDGER]);
    const { reason, by } = values;
    if (act === 'list') return show(await LedgerSession.use(url, RETENTION, RETENTION_LIMITS, listHolds), values.json);
    if (act === 'place') {
      const [resourceType, ...rest] = values.resource?.split('/') ?? [];
      const resourceId = rest.length > 0 ? rest.join('/') : undefined;
      const cover = { tenantId: values.tenant, actorId: values.actor, resourceType, resourceId };
      const times = { occurredFrom: values.from, occurredTo: values.to, until: values.until };
      const signer = await actSigner(environment);
      const placed = await LedgerSession.use(url, RETENTION, RETENTION_LIMITS, (session) =>
        placeHold(session, { reason, ...cover, ...times }, by, signer),
      );
      return show([placed.hold], values.json);
    }
    const signer = await actSigner(environment);
    const released = await LedgerSession.use(url, RETENTION, RETENTION_LIMITS, (session) =>
      releaseHold(session, id ?? '', { by, reason }, signer),
    );
    return show([released.hold], values.json);
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

function show(holds: readonly LegalHold[], asJson: boolean): CommandResult {
  const text = holds.length > 0 ? holds.map(describeHold).join('\n') : 'No legal hold was ever placed.';
  return { exitCode: EXIT_CODES.fine, output: `${asJson ? JSON.stringify(holds, undefined, 2) : text}\n` };
}

function describeHold(hold: LegalHold): string {
  const { id, isActive, placedAt, placedBy, reason, until, releasedAt, releasedBy } = hold;
  const { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = hold;
  const cover = Object.entries({ tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value ?? ''}`);
  const end =
    releasedAt === undefined
      ? until === undefined
        ? ''
        : `, until ${until}`
      : `, released ${releasedAt} by ${releasedBy ?? ''}`;
  return `${id}  ${isActive ? 'active' : 'over'}  ${cover.join(' ')}  placed ${placedAt} by ${placedBy}${end}: ${reason}`;
}
