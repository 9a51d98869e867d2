import { Catalogue, ownPackage } from '../audit/plain.js';
import type { DryRun } from '../modules/streams/stream.dto.js';
import { byOption, text, texts } from './options.js';
import { defineCommand } from './define-command.js';
import { keyOfEnvironment } from './key-of-environment.js';
import { parseJsonObject } from './parse-json-object.js';
import { readInput } from './read-input.js';
import { recordRead, withReader } from './use-ledger.js';
import { placeOrTime } from './streams.command.js';

const ALL = { scope: 'all' } as const;

export const command = defineCommand({
  name: 'streams dry-run',
  usage: ['--file <file> [--last <n>] [options]'],
  about: [
    'Shows what a stream with these options would send, byte by byte, without secrets: requests, messages or lines; which events its filters leave out, and which are too large. It sends nothing, and is recorded as a read.',
  ],
  options: {
    file: text('<file>', 'the options of the stream as JSON; - is the standard input'),
    last: text('<n>', 'how many events: 1 to 100; default: 10'),
    from: text('<place>', 'the first place, or an RFC 3339 time'),
    to: text('<place>', 'the last place, or an RFC 3339 time'),
    event: texts('<id>', 'instead: an event by its id'),
    by: byOption(),
  },
  connects: 'application',
  json: '"destination", "places", "events", "messages", "refused", "leftOut"',
  environment: 'AUDIT_LEDGER_ORIGIN, with the application’s value.',
  examples: ['--file siem.json --last 3'],
  exitCodes: '0 when it is shown, 2 when the command failed.',
  run: async ({ options, environment, operator, ledger, refuse }) => {
    const { file, last, event } = options;
    if (file === undefined) return refuse('it needs --file with the options of the stream');
    const given = parseJsonObject(await readInput(file));
    if (typeof given === 'string') return refuse(`--file ${file}: ${given}`);
    const { dryRun } = await import('../modules/streams/manage/dry-run.js'); // it loads the destinations
    const { checked } = await import('../modules/streams/manage/stored-streams.js');
    const stream = checked({ name: 'dry-run', ...given });
    const connectionUrl = await ledger();
    return withReader(connectionUrl, async (reader) => {
      const source = { origin: keyOfEnvironment(environment).origin, version: ownPackage()?.version ?? '0' };
      const wanted = {
        ...(last !== undefined && { last: Number(last) }),
        ...{ from: placeOrTime('--from', options.from), to: placeOrTime('--to', options.to) },
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
