import { ownPackage } from '../../../audit/nest-free.js';
import type { DryRun } from '../stream.dto.js';
import type { Call, Outcome } from '../../../cli/define-command.js';
import { keyOfEnvironment } from '../../../cli/connection/key-of-environment.js';
import { readJsonOption } from '../../../cli/parse-json-object.js';
import { recordRead, withReader } from '../../../cli/connection/use-ledger.js';
import { storedCatalogue } from '../../../monitoring/store/own-types.js';
import { indexOrTime, type STREAMS_OPTIONS } from './streams-options.js';

const ALL = { scope: 'all' } as const;

/** Returns the messages that a stream with the options of a file would send, and sends nothing. Records the read. */
export async function previewStream({
  options,
  environment,
  operator,
  ledger,
  refuse,
}: Call<typeof STREAMS_OPTIONS>): Promise<Outcome> {
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
    const found = await dryRun({ reader, catalogue: await storedCatalogue(reader), source }, stream, wanted, ALL);
    const shown = found.events + found.leftOut.length;
    const more = { stream: stream.name, destination: stream.destination.type };
    await recordRead(connectionUrl, operator, { access: ALL, filters: { ...stream.filter }, shown, more });
    return { text: describe(found), data: found };
  });
}

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
