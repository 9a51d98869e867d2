import { replayStream, resumeStream, settleParked, type pauseStream } from '../../modules/streams/change-stream.js';
import { testStream } from '../../modules/streams/manage/test-stream.js';
import { EXIT_CODES } from '../command-result.js';
import type { Outcome } from '../define-command.js';
import { operatorOf, placeOrTime, type StreamsCall, type Work } from './streams-call.js';

/** Makes `streams pause` and `streams remove`. */
export function changing(change: typeof pauseStream, told: string): Work {
  return async (call) => {
    const { session, stream } = call;
    await change(session, stream, await operatorOf(call));
    return { text: `The stream ${stream} ${told}.\n`, data: { stream } };
  };
}

/** Runs `streams resume`. */
export async function resume(call: StreamsCall): Promise<Outcome> {
  const { session, stream, options } = call;
  await resumeStream(session, stream, await operatorOf(call), placeOrTime('--from', options.from));
  return { text: `The stream ${stream} is sent again.\n`, data: { stream } };
}

/** Runs `streams test`. */
export async function test(call: StreamsCall): Promise<Outcome> {
  const answer = await testStream(call.session, call.stream, await operatorOf(call));
  const { outcome, reason } = answer;
  return {
    exitCode: outcome === 'accepted' ? EXIT_CODES.fine : EXIT_CODES.missing,
    text: `The destination of ${call.stream}: ${outcome}${reason === undefined ? '' : ` (${reason})`}.\n`,
    data: { answer },
  };
}

/** Runs `streams replay`. */
export async function replay(call: StreamsCall): Promise<Outcome> {
  const { from, to } = call.options;
  const range = { from: placeOrTime('--from', from), to: placeOrTime('--to', to) };
  const begun = await replayStream(call.session, call.stream, range, await operatorOf(call));
  return {
    text: `The replay ${begun.replay} sends the places from ${begun.first} to ${begun.last}.\n`,
    data: begun,
  };
}

/** Makes `streams retry` and `streams drop`. */
export function settling(settle: 'retried' | 'dropped', told: string): Work {
  return async (call) => {
    const { session, stream, options, refuse } = call;
    const places = options.index.map((text) =>
      /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--index ${text} is not a place: give a whole number`),
    );
    const wanted = places.length === 0 ? undefined : places;
    const settled = await settleParked(session, stream, settle, await operatorOf(call), wanted);
    const text = settled.length === 0 ? 'No such event is parked.\n' : `The events at ${settled.join(', ')} ${told}.\n`;
    return { text, data: { places: settled } };
  };
}
