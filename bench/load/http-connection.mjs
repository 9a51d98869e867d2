import { Buffer } from 'node:buffer';
import net from 'node:net';
import { performance } from 'node:perf_hooks';

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** The contenders send only responses with a content-length, so any other response is an error. */
export class HttpConnection {
  #socket;
  #request;
  #received = Buffer.alloc(0);
  #pending;

  constructor(socket, request) {
    this.#socket = socket;
    this.#request = request;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#settle(error));
    socket.on('close', () => this.#settle(new Error('the contender closed the connection')));
  }

  static async open(port, request) {
    const socket = net.connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new HttpConnection(socket, request);
  }

  /** `done` runs in the turn of the event loop in which the response is complete. */
  send(done) {
    this.#pending = done;
    this.#socket.write(this.#request);
  }

  close() {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.latin1Slice(0, headEnd);
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) return this.#settle(new Error(`a response without content-length: ${head.slice(0, 80)}`));
    const end = headEnd + HEAD_END.length + Number(length);
    if (this.#received.length < end) return;
    this.#received = this.#received.subarray(end);
    this.#settle(undefined, Number(head.slice(9, 12)));
  }

  #settle(error, status) {
    const done = this.#pending;
    this.#pending = undefined;
    done?.(error, status, performance.now());
  }
}

export function makePost(path, body, headers) {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'keep-alive',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
