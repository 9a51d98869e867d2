import { errorMonitor } from 'node:events';
import { Stream } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { runInScope } from '../context/audit-context.js';
import { errorCode } from '../../base/errors/error-facts.js';
import { isThenable, readFieldSafely } from '../../base/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';
import type { LiveApplication } from './live-applications.service.js';

type Step = (...given: unknown[]) => unknown;
interface Thrown {
  readonly error: unknown;
}

/**
 * Records the end of a method whose value is complete later: an iterator, a generator, a stream of Node, or a StreamableFile. The operation
 * ends when the value ends, fails, or when its consumer stops. Only an async iterator can hold its end until the event is stored.
 *
 * @param attempts if given, the first step of an async iterator waits for this promise
 * @returns whether the value is of this kind. If not, nothing is recorded.
 */
export function followPieces(
  { recorder, ends }: Pick<LiveApplication, 'recorder' | 'ends'>,
  operation: AuditedOperation,
  value: unknown,
  attempts?: Promise<void>,
): boolean {
  const end = (isKnown: boolean, thrown?: Thrown): Promise<void> => {
    if (operation.recording) return operation.recording;
    ends.forget(operation);
    if (thrown) operation.thrown = thrown;
    if (isKnown) operation.phase = 'settled'; // without a piece, the outcome is unknown
    return recorder.recordEnd(operation);
  };
  const source = value instanceof StreamableFile ? value.getStream() : value;
  if (source instanceof Stream) {
    ends.limit(operation);
    operation.result = value;
    followStream(source, (...ended) => recorder.logLost(end(...ended)));
    return true;
  }
  if (!isIterator(source)) return false;
  ends.limit(operation);
  const isAsync = typeof readFieldSafely(source, Symbol.asyncIterator) === 'function';
  const endStep = isAsync ? end : (...ended: Parameters<typeof end>) => recorder.logLost(end(...ended));
  followIterator(source, operation, endStep, attempts);
  return true;
}

/** The codes of the errors with which Node destroys a stream whose consumer has stopped. */
const STOPS: readonly unknown[] = ['ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'];

function followStream(stream: Stream, end: (isKnown: boolean, thrown?: Thrown) => void): void {
  const field = (name: string): unknown => readFieldSafely(stream, name);
  const isRead = typeof field('read') === 'function';
  const close = (): void => end(field('readableDidRead') !== false);
  stream.once(errorMonitor, (error: unknown) => {
    if (STOPS.includes(errorCode(error))) close();
    else end(true, { error });
  });
  stream.once(isRead ? 'end' : 'finish', () => end(true));
  stream.once('close', close);
  if (field(isRead ? 'readableEnded' : 'writableFinished') === true || field('destroyed') === true) close();
}

type FollowedIterator = Partial<Record<'next' | 'return' | 'throw', Step>>;

function isIterator(value: unknown): value is FollowedIterator {
  const has = (key: PropertyKey): boolean => typeof readFieldSafely(value, key) === 'function';
  return has('next') && (has(Symbol.asyncIterator) || has(Symbol.iterator)) && Object.isExtensible(value);
}

/** Replaces the methods of the iterator itself, so that its identity and its other methods stay. */
function followIterator(
  iterator: FollowedIterator,
  operation: AuditedOperation,
  end: (isKnown: boolean, thrown?: Thrown) => Promise<void> | void,
  attempts: Promise<void> | undefined,
): void {
  const follow = (name: keyof FollowedIterator, own: Step): void => {
    const note = (piece: unknown): unknown => {
      if (readFieldSafely(piece, 'done') !== true) {
        operation.result = readFieldSafely(piece, 'value');
        return piece;
      }
      return end(name === 'next' || 'result' in operation)?.then(() => piece) ?? piece;
    };
    const fail = (error: unknown): unknown => {
      const refuse = (): never => {
        throw error;
      };
      return end(true, { error })?.then(refuse) ?? refuse();
    };
    const step: Step = (...given) => {
      let piece: unknown;
      try {
        piece = runInScope(operation.scope, () => own.apply(iterator, given));
      } catch (error) {
        return fail(error);
      }
      return isThenable(piece) ? piece.then(note, fail) : note(piece);
    };
    const value: Step = attempts ? (...given) => attempts.then(() => step(...given)) : step;
    Object.defineProperty(iterator, name, { value, configurable: true, writable: true });
  };
  const { next, return: stop = (value: unknown) => ({ done: true, value }), throw: fail } = iterator;
  if (next) follow('next', next);
  follow('return', stop); // a consumer that stops early calls this method, if it exists
  if (fail) follow('throw', fail);
}
