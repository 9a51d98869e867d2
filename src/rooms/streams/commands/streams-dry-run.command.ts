import { Catalogue, ownPackage } from '../../../audit/nest-free.js';
import type { DryRun } from '../stream.dto.js';
import { BY, text, texts } from '../../../cli/options.js';
import { defineCommand } from '../../../cli/define-command.js';
import { keyOfEnvironment } from '../../../cli/key-of-environment.js';
import { readJsonOption } from '../../../cli/parse-json-object.js';
import { recordRead, withReader } from '../../../cli/use-ledger.js';
import { indexOrTime } from './streams.command.js';

const ALL = { scope: 'all' } as const;

export const command = defineCommand({
  name: 'streams dry-run',
  usage: ['--file <file> [--last <n>] [options]'],
  about: [
    'Shows the exact requests, messages or lines that a stream with the options of --file would send, without secrets. It also lists events that the filters exclude, and events that are too large. The command sends nothing, and is recorded as a read.',
  ],
  options: {
    file: text('<file>', 'the options of the stream as JSON; - is the standard input'),
    last: text('<n>', 'the number of newest events, 1 to 100; default: 10'),
    from: text('<index>', 'the first index, or an RFC 3339 time'),
    to: text('<index>', 'the last index, or an RFC 3339 time'),
    event: texts('<id>', 'instead of a range: the id of an event'),
    by: BY,
  },
  connects: 'application',
  records: true,
  json: '"destination", "places", "events", "messages", "refused", "leftOut"',
  environment: 'AUDIT_LEDGER_ORIGIN, with the application’s value.',
  examples: ['--file siem.json --last 3'],
  exitCodes: '0 when the messages are shown, 2 when the command failed.',
  run: async ({ options, environment, operator, ledger, refuse }) => {
    const { file, last, event } = options;
    if (file === undefined) return refuse('it needs --file with the options of the stream');
    const given = await readJsonOption('--file', file, refuse);
    const { dryRun } = await import('../manage/dry-run.js'); // on demand, because this file loads the destinations
    const { checked } = await import('../manage/stored-streams.js');
    const stream = checked({ name: 'dry-run', ...given });
    const connectionUrl = await ledger();
    return withReader(connectionUrl, async (reader) => {
      const source = { origin: keyOfEnvironment(environment).origin, version: ownPackage()?.version ?? '0' };
      const wanted = {
        ...(last !== undefined && { last: Number(last) }),
        ...{ from: indexOrTime('--from', options.from), to: indexOrTime('--to', options.to) },
        ...(event.length > 0 && { eventIds: event }),
      };
      const found = await dryRun({ reader, catalogue: new Catalogue(), source }, stream, wanted, ALL);
      const shown = found.events + found.leftOut.length;
      const more = { stream: stream.name, destination: stream.destination.type };
      await recordRead(connectionUrl, operator, { access: ALL, filters: { ...stream.filter }, shown, more });
      return { text: describe(found), data: found };
    });
  },
});

function describe({ messages, refused, leftOut, events, destination }: DryRun): string {
  return [
    ...messages.flatMap(({ to, headers, body }) => [
      to,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
      '',
    ]),
    ...(refused ? [`too large: ${refused.events.join(', ')}: ${refused.reason}`] : []),
    ...leftOut.map(({ index, id, type, because }) => `left out: ${index}  ${id}  ${type}: ${because.join(', ')}`),
    `${destination}: ${events} events in ${messages.length} messages; nothing was sent`,
    '',
  ].join('\n');
}
