import { listHolds, placeHold, releaseHold } from '../../monitoring/keep/lifecycle/holds/legal-hold.js';
import type { LegalHold } from '../../monitoring/keep/lifecycle/holds/legal-hold.dto.js';
import { RETENTION } from '../../monitoring/store/ledger-roles.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { RETENTION_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { readActSigner } from '../connection/key-settings.js';
import { defineCommand, type Outcome } from '../define-command.js';
import { textOption, BY_OPTION } from '../options.js';
import { parseParameters } from '../parse-parameters.js';
import { readSearch } from '../../monitoring/read/query/parse-query.js';

export const command = defineCommand({
  name: 'hold',
  usage: ['place NAME=VALUE… --reason <text> [options]', 'list [options]', 'release <id> --reason <text> [options]'],
  about: [
    'A legal hold protects events from retention and erasure until you release it, or until a given time. It covers the events that match all filters; give at least one filter. An event with a signed act records that a hold is placed or released.',
  ],
  arguments: [
    ['<action>', 'place, list or release'],
    ['[parameters...]', 'for place: filters NAME=VALUE, as in the command query; for release: the id of the hold'],
  ],
  options: {
    reason: textOption('<text>', 'the reason, which the event records'),
    until: textOption('<time>', 'for place: the last day of the hold, or an RFC 3339 time, in UTC if it has no offset'),
    by: BY_OPTION,
  },
  connects: 'sealer',
  records: (action) => action !== 'list',
  json: '"holds"',
  environment: 'for place and release: AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['list', `place actorId=u-1 from=2026-11-01 --reason 'case 17'`],
  exitCodes: '0 when the command succeeded, 2 when it failed.',
  run: async ({ options, words: [action, ...input], environment, operator, sealer, refuse }) => {
    const [id, more] = input;
    const isKnown = action === 'place' || (action === 'list' && id === undefined);
    if (!isKnown && !(action === 'release' && id !== undefined && more === undefined)) {
      refuse('the action must be place, list, or release with the id of a hold');
    }
    const { reason = '' } = options;
    const url = await sealer();
    const use = <Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> =>
      useSession(url, RETENTION, RETENTION_LIMITS, work);
    if (action === 'list') return show(await use(listHolds));
    const signer = await readActSigner(environment);
    if (action === 'place') {
      const {
        from: occurredFrom,
        to: occurredTo,
        ...cover
      } = parseHoldScope(readSearch(parseParameters(input)), refuse);
      const request = { reason, ...cover, occurredFrom, occurredTo, until: options.until };
      const placed = await use((session) => placeHold(session, request, operator, signer));
      return show([placed]);
    }
    const released = await use((session) => releaseHold(session, id ?? '', { by: operator, reason }, signer));
    return show([released]);
  },
});

const FILTERS = ['tenantId', 'actorId', 'resourceType', 'resourceId', 'from', 'to'];

function parseHoldScope(
  input: object,
  refuse: (...problems: string[]) => never,
): Readonly<Record<string, string | undefined>> {
  const others = Object.entries(input).filter(([name, value]) => !FILTERS.includes(name) || typeof value !== 'string');
  if (others.length > 0) {
    refuse(
      `place accepts only ${FILTERS.join(', ')}, each once, not ${others.map(([name, value]) => `${name}=${String(value)}`).join(' ')}`,
    );
  }
  return input as Readonly<Record<string, string>>; // the values were checked before
}

function show(holds: readonly LegalHold[]): Outcome {
  return { text: holds.length > 0 ? holds.map(describeHold) : ['No legal hold was ever placed.'], data: { holds } };
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
