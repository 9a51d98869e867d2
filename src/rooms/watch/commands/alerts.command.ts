import { VERDICTS } from '../alert-event.js';
import { describeReply, recordReply } from './reply.js';
import type { CommandWatch } from './use-watch.js';
import { BY, text, texts } from '../../../cli/options.js';
import { defineCommand, type Outcome } from '../../../cli/define-command.js';
import { parametersOf } from '../../../cli/parameters-of.js';
import { isUuid } from '../../../monitoring/read/query/query-values.js';
import type { Alert, AlertWithEvents } from '../alerts/alert.dto.js';
import type { Suppression } from '../alerts/suppression.dto.js';

export const command = defineCommand({
  name: 'alerts',
  usage: [
    'list [NAME=VALUE]… [options]',
    'show <id> [options]',
    'acknowledge <id> [--comment <text>] [options]',
    'resolve <id> --verdict <verdict> [options]',
    'suppress <id> --until <time> --reason <text>',
    'suppress --rule <name> --until <time> …',
    'suppressions [NAME=VALUE]… [options]',
    'end <suppression> --reason <text>',
  ],
  about: [
    'Shows alerts, and records answers to them. Each read and each answer is recorded as an event. A suppression stops a rule, or one of its groups, from raising alerts until a given time. Suppressed alerts are counted; state=suppressed lists them.',
  ],
  arguments: [
    ['<action>', 'one of the actions below'],
    ['[parameters...]', 'the id of an alert, or of a suppression; for list and suppressions: filters NAME=VALUE'],
  ],
  actions: {
    list: 'list alerts, newest first, with the parameters of GET /audit/alerts: state=resolved, level=high, rule=brute_force, from=-24h, limit=200; default: state=unresolved',
    show: 'show an alert with its events',
    acknowledge: 'record that you investigate an alert',
    resolve: 'close an alert with a verdict',
    suppress: 'suppress a rule, or alerts like the given one, until a time',
    suppressions:
      'list suppressions, newest first, with their numbers of suppressed alerts; active=true: only active ones',
    end: 'end a suppression',
  },
  options: {
    rule: text('<name>', 'for suppress: the name of the rule'),
    comment: text('<text>', 'for acknowledge and resolve'),
    verdict: text('<verdict>', `for resolve: ${VERDICTS.join(', ')}`),
    group: texts('<field>=<value>', 'for suppress --rule: only alerts whose group has this value'),
    until: text('<time>', 'for suppress: the end, a day or an RFC 3339 time, in UTC if it has no offset'),
    reason: text('<text>', 'for suppress and end: the reason, which the event records'),
    tenant: texts('<id>', 'only alerts of this tenant; default: all'),
    by: BY,
  },
  connects: 'sealer',
  records: true,
  json: 'for list and suppressions "items", "nextCursor"; for show "alert"; for suppress "suppression"; for other actions "answer"',
  environment:
    'for acknowledge, resolve, suppress and end: AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['list level=high', 'suppressions active=true'],
  exitCodes: '0 when the command succeeded, 2 when it failed.',
  run: async (call) => {
    const { options, access, refuse } = call;
    const [action = '', ...given] = call.words;
    const [id, more] = given;
    const takesId = ['show', 'acknowledge', 'resolve', 'end'].includes(action);
    const takesNone = ['list', 'suppressions'].includes(action);
    if (!takesId && !takesNone && action !== 'suppress')
      refuse('the action must be list, show, acknowledge, resolve, suppress, suppressions or end');
    if (!takesNone && more !== undefined) refuse(`${action} accepts only one id`);
    if (takesId && (id === undefined || !isUuid(id)))
      refuse(`${action} needs the id of ${action === 'end' ? 'a suppression' : 'an alert'}`);
    const { verdict: named, comment, reason = '', until = '', rule, tenant } = options;
    const verdict = VERDICTS.find((each) => each === named);
    if (action === 'resolve' && !verdict) refuse(`--verdict must be one of ${VERDICTS.join(', ')}`);
    if (['suppress', 'end'].includes(action) && reason.trim() === '') refuse('--reason is missing');
    if (action === 'suppress' && (id === undefined) === (rule === undefined))
      refuse('suppress needs either the id of an alert or --rule');
    if (action === 'suppress' && tenant.length > 1)
      refuse('suppress accepts only one --tenant: run it once for each tenant');
    const group = parseGroup(options.group, refuse);
    const wanted = id ?? '';
    // Loaded on demand, because the help does not need it.
    const { AlertQuery, readQuery, SuppressionQuery, withWatch } = await import('./use-watch.js');
    const works: Readonly<Record<string, (use: CommandWatch) => Promise<Outcome>>> = {
      list: async ({ alerts, noteRead }) => {
        const query = readQuery(AlertQuery, { state: 'unresolved', ...parametersOf(given) });
        const page = await alerts.list(access, query);
        await noteRead({ alerts: true, state: query.state }, page.items.length);
        return shown(page.items.flatMap(describeAlert), 'No alert matches.', page);
      },
      show: async ({ alerts, noteRead }) => {
        const alert = found(await alerts.find(access, wanted), wanted);
        await noteRead({ id: wanted }, 1 + alert.events.length);
        return shown(describeWithEvents(alert), '', { alert });
      },
      acknowledge: (use) => recordReply(use, call, 'alert', wanted, { kind: 'acknowledge', comment }),
      resolve: (use) => recordReply(use, call, 'alert', wanted, { kind: 'resolve', verdict, comment }),
      end: (use) => recordReply(use, call, 'suppression', wanted, { kind: 'end', comment: reason }),
      suppress: async ({ suppressions }) => {
        const tenantId = id === undefined ? tenant[0] : undefined;
        const started = await suppressions.start(access, { alertId: id, rule, group, tenantId, until, reason });
        const suppression = found(started, wanted);
        return shown(describeSuppression(suppression), '', { suppression });
      },
      suppressions: async ({ suppressions, noteRead }) => {
        const { active: isActive, cursor } = readQuery(SuppressionQuery, parametersOf(given));
        const page = await suppressions.list(access, { isActive, cursor });
        await noteRead({ suppressions: true }, page.items.length);
        return shown(page.items.flatMap(describeSuppression), 'No suppression matches.', page);
      },
    };
    const isRead = ['list', 'show', 'suppressions'].includes(action);
    return withWatch(call, { isRead }, (use) => works[action]?.(use) ?? refuse());

    function found<Found>(it: Found | undefined, of: string): Found {
      return it ?? refuse(`the id ${of} does not exist`);
    }
  },
});

function parseGroup(
  given: readonly string[],
  refuse: (problem: string) => never,
): Readonly<Record<string, string>> | undefined {
  if (given.length === 0) return undefined;
  const pairs = given.map((pair) => {
    const at = pair.indexOf('=');
    return at > 0
      ? [pair.slice(0, at), pair.slice(at + 1)]
      : refuse(`--group ${pair} does not have the form <field>=<value>`);
  });
  return Object.fromEntries(pairs) as Record<string, string>; // each entry is a pair of texts
}

function shown(lines: readonly string[], none: string, data: object): Outcome {
  return { text: lines.length > 0 ? lines : [none], data };
}

function describeAlert(alert: Alert): readonly string[] {
  const { id, state, level, rule, title, raisedAt, matchedCount, tenantId, answers } = alert;
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  const line = `${id}  ${state}  ${level}  ${rule}  ${raisedAt}${of}  ${title}, ${matchedCount} ${matchedCount === 1 ? 'event' : 'events'}${groupOf(alert)}`;
  return [line, ...answers.map((answer) => `  ${describeReply(answer)}`)];
}

function describeWithEvents(alert: AlertWithEvents): readonly string[] {
  const events = alert.events.map(({ occurredAt, id, type, actor, request }) => {
    const from = request?.ip === undefined ? '' : ` from ${request.ip}`;
    return `  ${occurredAt}  ${id}  ${type}  ${actor.id ?? actor.type}${from}`;
  });
  return [...describeAlert(alert), ...events];
}

function describeSuppression(suppression: Suppression): readonly string[] {
  const { id, isActive, rule, tenantId, until, reason = '', startedBy, answers, suppressed } = suppression;
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  const line = `${id}  ${isActive ? 'active' : 'over'}  ${rule}${groupOf(suppression)}${of}  until ${until} by ${startedBy.id ?? startedBy.type}, ${suppressed} suppressed: ${reason}`;
  return [line, ...answers.map((answer) => `  ${describeReply(answer)}`)];
}

function groupOf({ group = {} }: { readonly group?: Readonly<Record<string, string>> | undefined }): string {
  const pairs = Object.entries(group).map(([field, value]) => `${field}=${value}`);
  return pairs.length === 0 ? '' : ` (${pairs.join(', ')})`;
}
