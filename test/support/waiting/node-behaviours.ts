import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';

export type NodeBehaviour = (
  response: ServerResponse,
  note: (seen: unknown) => void,
  request: IncomingMessage,
) => unknown;

export function getFlags(response: ServerResponse): unknown {
  const { headersSent, writableEnded, statusCode, destroyed, writable } = response;
  return { headersSent, writableEnded, statusCode, destroyed, writable };
}

export function getErrorCode(call: () => unknown): unknown {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error); // Node's errors have one
  }
}

const BYTES = 'a piece of the body\n';
const pieces = (count = 3): Readable => Readable.from(Array.from({ length: count }, (_, at) => `${at} ${BYTES}`));
const lengthOfPieces = (count = 3): number =>
  Array.from({ length: count }, (_, at) => `${at} ${BYTES}`).join('').length;

export const NODE_BEHAVIOURS: Readonly<Record<string, NodeBehaviour>> = {
  'ends with a text': (response) => response.end('done'),
  'ends without a body': (response) => response.end(),
  'ends with bytes': (response) => response.end(Buffer.from([0, 1, 2, 255])),
  'ends with a large body': (response) => response.end('x'.repeat(1_000_000)),
  'ends twice': (response, note) => {
    response.end('first');
    note(getFlags(response));
    response.end('second');
    note(getFlags(response));
  },
  'ends, then sets a header': (response, note) => {
    response.end('done');
    note(getErrorCode(() => response.setHeader('x-late', '1')));
  },
  'ends, then writes the head': (response, note) => {
    response.end('done');
    note(getErrorCode(() => response.writeHead(500)));
  },
  'ends, then writes': (response, note) => {
    response.on('error', (error: NodeJS.ErrnoException) => note(error.code));
    response.end('done');
    note(response.write('more'));
  },
  'ends, then throws': (response) => {
    response.end('done');
    throw new Error('too late');
  },
  'ends, then destroys': (response, note) => {
    response.end('done');
    response.destroy();
    note(getFlags(response));
  },
  'hears finish before close': (response, note) =>
    new Promise<void>((resolve) => {
      for (const event of ['prefinish', 'finish', 'close']) response.on(event, () => note([event, getFlags(response)]));
      response.on('close', () => resolve());
      response.end('done', () => note('called back'));
    }),
  'writes and ends': (response, note) => {
    note(response.write('one '));
    note(getFlags(response));
    response.end('two');
  },
  'writes in many turns': async (response) => {
    for (let at = 0; at < 5; at++) {
      response.write(`${at} `);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  },
  'writes between cork and uncork': (response) => {
    response.cork();
    response.write('one ');
    response.write('two ');
    response.uncork();
    response.end('three');
  },
  'writes a number': (response, note) => {
    note(getErrorCode(() => response.write(5)));
    response.end('done');
  },
  'ends with a number, then answers': (response, note) => {
    note(getErrorCode(() => response.end(5 as never)));
    note(getFlags(response));
    response.end('done');
  },
  'writes the head and ends': (response) => response.writeHead(201, { 'x-head': '1' }).end('done'),
  'writes the head twice': (response, note) => {
    response.writeHead(201);
    note(getErrorCode(() => response.writeHead(500)));
    note(getFlags(response));
    response.end('done');
  },
  'flushes its headers first': (response, note) => {
    response.flushHeaders();
    note(getFlags(response));
    response.end('done');
  },
  'flushes the headers of an empty answer': async (response) => {
    response.writeHead(204).flushHeaders();
    await new Promise((resolve) => setImmediate(resolve));
    response.end();
  },
  'flushes the headers of a length of zero': async (response) => {
    response.setHeader('content-length', 0);
    response.flushHeaders();
    await new Promise((resolve) => setImmediate(resolve));
    response.end();
  },
  'sends trailers': (response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    response.write('body');
    response.addTrailers({ 'x-sum': '4' });
    response.end();
  },
  'sends early hints': (response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.end('done');
  },
  'answers 204': (response) => response.writeHead(204).end(),
  'answers 204 with a body': (response) => response.writeHead(204).end('nothing of this'),
  'answers 403 and then 200': (response, note) => {
    response.writeHead(403).end('forbidden');
    note(getErrorCode(() => response.writeHead(200).end('secret')));
  },
  'pipes a stream': (response) => pieces().pipe(response),
  'pipes a stream of known length': (response) => {
    response.setHeader('content-length', lengthOfPieces());
    pieces().pipe(response);
  },
  'pipes a large stream with back-pressure': (response) => Readable.from(Array.from({ length: 64 }, () => 'y'.repeat(65_536))).pipe(response),
  'pipes a stream that fails': (response) => {
    const failing = Readable.from((async function* () {
      yield 'one ';
      await new Promise((resolve) => response.write('two ', resolve)); // the client has it
      throw new Error('broken source');
    })());
    pipeline(failing, response, () => undefined);
  },
  'announces a length in its head and writes it': (response) => {
    response.writeHead(200, { 'Content-Length': 8 });
    response.write('1234');
    response.write('5678');
    response.end();
  },
  'writes its whole length long before it ends': async (response) => {
    response.writeHead(200, { 'Content-Length': 8 });
    response.write('12345678');
    for (let at = 0; at < 20; at++) await new Promise((resolve) => setImmediate(resolve));
    response.end();
  },
  'sends a head, then changes the status': async (response) => {
    response.writeHead(200, { 'Content-Length': 8 });
    response.statusCode = 204;
    response.write('12345678');
    for (let at = 0; at < 20; at++) await new Promise((resolve) => setImmediate(resolve));
    response.end();
  },
  'announces more than it writes': (response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('only this');
    response.end();
  },
  'sends events with a length': (response) => {
    const body = 'data: 1\n\ndata: 2\n\n';
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': body.length });
    response.write('data: 1\n\n');
    response.write('data: 2\n\n');
    setImmediate(() => response.end());
  },
  'sends events without a length': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    setImmediate(() => response.end('data: 2\n\n'));
  },
  'destroys instead of an answer': (response, note) => {
    response.destroy();
    note(getFlags(response));
  },
  'destroys within an answer': (response) => {
    response.write('one ', () => response.destroy());
  },
  'destroys the connection': (_response, _note, request) => request.socket.destroy(),
  'answers from a callback': (response) => {
    setImmediate(() => response.end('later'));
  },
  'replaces the end of the response': (response) => {
    const end = response.end.bind(response);
    response.end = ((text: string) => end(text.toUpperCase())) as typeof response.end;
    response.end('shouted');
  },
}; // prettier-ignore
