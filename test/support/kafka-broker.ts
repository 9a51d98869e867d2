import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import type { TestCertificate } from './make-certificate.js';

export interface KafkaReceived {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly payload: string;
  readonly headers: readonly string[];
}

/** A fault drops the answers to such requests, or puts an error code on the first topic. */
export interface KafkaFault {
  readonly api: 'produce' | 'metadata';
  readonly fault: 'lost answer' | number;
}

export const KAFKA_ERRORS = { UNKNOWN_TOPIC_OR_PARTITION: 3, MESSAGE_TOO_LARGE: 10 } as const;

const API = { produce: 0, metadata: 3 } as const;
const CONTROLLER = 1;

/**
 * kcat runs librdkafka's mock cluster with one broker. Tests connect through a proxy with TLS, which can refuse connections and spoil
 * answers. The proxy writes its own port into answers that name the broker.
 */
export class KafkaBroker {
  readonly faults: KafkaFault[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    readonly port: number,
    private readonly mockPort: number,
    private server: Server,
    private readonly certificate: TestCertificate | undefined,
  ) {}

  static async start(certificate?: TestCertificate): Promise<KafkaBroker> {
    const mock = ['-X', 'test.mock.num.brokers=1', '-d', 'mock'];
    const args = ['-C', '-q', '-t', 'unused', '-b', '127.0.0.1:1', ...mock];
    const child = spawn('kcat', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const mockPort = await new Promise<number>((resolve, reject) => {
      let said = '';
      child.once('error', reject).once('exit', () => {
        reject(new Error(`kcat ended: ${said}`));
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (said.length < 10_000) said += chunk.toString();
        const [, found] = /bootstrap\.servers=127\.0\.0\.1:(\d+)/.exec(said) ?? [];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const broker = new KafkaBroker(child, await freePort(), mockPort, createServer(), certificate);
    await broker.open();
    return broker;
  }

  async shut(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  reopen(): Promise<void> {
    return this.open();
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.shut();
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  async received(topic: string): Promise<readonly KafkaReceived[]> {
    const args = ['-C', '-q', '-J', '-e', '-b', `127.0.0.1:${this.mockPort}`, '-t', topic];
    const { stdout } = await promisify(execFile)('kcat', args, { maxBuffer: 100_000_000 });
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines
      .map((line) => JSON.parse(line) as KafkaReceived)
      .toSorted((one, other) => one.partition - other.partition || one.offset - other.offset);
  }

  private async open(): Promise<void> {
    const accept = (socket: Socket): void => {
      this.pass(socket);
    };
    const { certificate } = this;
    this.server = certificate
      ? createTlsServer({ cert: certificate.certificate, key: certificate.key }, accept)
      : createServer(accept);
    this.server.on('tlsClientError', () => undefined).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private pass(client: Socket): void {
    const broker = connect(this.mockPort, '127.0.0.1');
    const asked = new Map<number, number>();
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          this.sockets.delete(one);
          other.destroy();
        });
    }
    readFrames(client, (frame) => {
      asked.set(frame.readInt32BE(8), frame.readInt16BE(4)); // the correlation, the kind of request
      broker.write(frame);
    });
    readFrames(broker, (frame) => {
      const api = asked.get(frame.readInt32BE(4));
      const at = this.faults.findIndex((each) => API[each.api] === api);
      const [fault] = at < 0 ? [] : this.faults.splice(at, 1);
      const how = fault?.fault ?? 0;
      if (how === 'lost answer') return void client.destroy();
      if (api === API.metadata) rewriteMetadata(frame, this.port, how);
      else if (how > 0) spoilProduce(frame, how);
      client.write(frame);
    });
  }
}

/** A frame is a length of four bytes, and then as many bytes. */
function readFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(Buffer.from(rest.subarray(0, end)));
      rest = rest.subarray(end);
    }
  });
}

/** Versions 1 and 2 of the answer: one broker (id, host, port, rack), from 2 on the cluster's id, the controller, the topics (error, name, …). */
function rewriteMetadata(frame: Buffer, port: number, error: number): void {
  let at = 8 + 4 + 4;
  at += 2 + frame.readInt16BE(at);
  frame.writeInt32BE(port, at);
  at += 4;
  at += 2 + Math.max(frame.readInt16BE(at), 0);
  at += 2 + Math.max(frame.readInt16BE(at), 0);
  frame.writeInt32BE(CONTROLLER, at);
  if (frame.readInt32BE(at + 4) > 0 && error > 0) frame.writeInt16BE(error, at + 8);
}

/** The first partition of the first topic: behind the name, the count of partitions and the partition's number. */
function spoilProduce(frame: Buffer, error: number): void {
  const at = 8 + 4;
  frame.writeInt16BE(error, at + 2 + frame.readInt16BE(at) + 4 + 4);
}
