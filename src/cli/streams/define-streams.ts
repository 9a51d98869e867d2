import type { Outcome } from '../define-command.js';
import { parseJsonObject } from '../parse-json-object.js';
import { readInput } from '../read-input.js';
import { makerOf, type StreamsCall } from './streams-call.js';

/** Runs `streams add`. */
export async function add(call: StreamsCall): Promise<Outcome> {
  const { file, paused } = call.options;
  if (file === undefined) return call.refuse('add takes --file with the options of the stream');
  const given = parseJsonObject(await readInput(file));
  if (typeof given === 'string') return call.refuse(`--file ${file}: ${given}`);
  const { addStream } = await import('../../modules/streams/manage/stored-streams.js'); // it loads the filters
  const { name } = await addStream(call.session, given, await makerOf(call), paused);
  return {
    text: `The stream ${name} is added${paused ? ', paused' : ''}.\n`,
    data: { stream: name },
  };
}

/** Runs `streams rotate-secret`. */
export async function rotate(call: StreamsCall): Promise<Outcome> {
  const { secretFile, graceDays } = call.options;
  if (secretFile === undefined) return call.refuse('rotate-secret takes --secret-file');
  const secret = (await readInput(secretFile)).trim();
  const { GRACE_DAYS, rotateSecret } = await import('../../modules/streams/manage/rotate-secret.js');
  const days = Number(graceDays ?? GRACE_DAYS);
  const oldSecretUntil = await rotateSecret(call.session, call.stream, secret, days, await makerOf(call));
  const text = `Both secrets sign until ${oldSecretUntil.toISOString()}.\n`;
  return { text, data: { oldSecretUntil } };
}
