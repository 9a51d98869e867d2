import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyConsistency, type TreeHead } from '../../src/monitoring/proof/log/merkle/verify-consistency.js';
import { isSameHash } from '../../src/monitoring/proof/log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { parseNote, signNote, filterVerifiedSignatures } from '../../src/monitoring/proof/log/notes/signed-note.js';
import { hasCode } from '../../src/audit/nest-free.js';

type Misbehaviour = 'garbage' | 'silent' | 'endless' | 'other key';

/** A small witness in memory, by the specification `tlog-witness`. */
export interface WitnessServer {
  readonly name: string;
  readonly url: string;
  readonly verifierKey: string;
  readonly last: () => TreeHead | undefined;
  readonly answers: readonly number[];
  misbehave(how: Misbehaviour | undefined): void;
  close(): Promise<void>;
}

/** Without `trust`, the witness knows no log. */
export async function startWitness(name: string, trust?: () => CheckpointTrust): Promise<WitnessServer> {
  const { signingKey, verifierKey } = generateKeyPair(name, { type: 'cosignature' });
  const other = generateKeyPair(name, { type: 'cosignature' }).signingKey;
  const answers: number[] = [];
  let last: TreeHead | undefined;
  let how: Misbehaviour | undefined;

  /** One turn of the event loop runs everything up to the answer, so the check and the update are atomic. */
  function addCheckpoint(body: string): { status: number; text: string } {
    if (!trust) return { status: 404, text: '' };
    const [request, checkpoint = ''] = body.split(/\n\n(.*)/s);
    const [old = '', ...hashes] = request?.split('\n') ?? [];
    const oldSize = Number(/^old (0|[1-9]\d*)$/.exec(old)?.[1]);
    const consistency = hashes.map((hash) => Buffer.from(hash, 'base64'));
    let head: TreeHead;
    try {
      head = verifyCheckpoint(checkpoint, trust()).checkpoint;
    } catch (error) {
      if (hasCode(error, 'AUDIT_NOTE_FOREIGN')) return { status: 404, text: '' };
      const isUntrusted = hasCode(error, 'AUDIT_NOTE_UNVERIFIED', 'AUDIT_PROOF_WRONG');
      return { status: isUntrusted ? 403 : 400, text: '' };
    }
    if (oldSize > head.size) return { status: 400, text: '' };
    if (oldSize !== (last?.size ?? 0)) return { status: 409, text: `${last?.size ?? 0}\n` };
    if (last?.size === head.size && !isSameHash(last.rootHash, head.rootHash)) return { status: 422, text: '' };
    const isProven = last ? verifyConsistency(last, head, consistency) : consistency.length === 0;
    if (!isProven) return { status: 422, text: '' };
    last = head;
    const { text } = parseNote(checkpoint);
    const cosigned = signNote(text, [parseSigningKey(how === 'other key' ? other : signingKey)]);
    return { status: 200, text: cosigned.slice(text.length + 1) };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    if (how === 'silent') return;
    if (how === 'endless') {
      writeForever(response);
      return;
    }
    if (how === 'garbage') {
      response.end('— this is not a signature\n');
      return;
    }
    const isAsked = request.method === 'POST' && request.url === '/add-checkpoint';
    const { status, text } = isAsked ? addCheckpoint(body) : { status: 405, text: '' };
    answers.push(status);
    if (status === 409) response.setHeader('content-type', 'text/x.tlog.size');
    response.writeHead(status).end(text);
  }

  const server = createServer((request, response) => void handle(request, response));
  const url = await listenOnLoopback(server);
  return {
    name,
    url,
    verifierKey,
    last: () => last,
    answers,
    misbehave: (next) => void (how = next),
    close: () => closeServer(server),
  };
}

export function listCosigners(note: string, witnesses: readonly WitnessServer[]): readonly string[] {
  const { text, signatures } = parseNote(note);
  const keys = witnesses.map(({ verifierKey }) => parseVerifierKey(verifierKey));
  return filterVerifiedSignatures(text, signatures, keys).map(({ name }) => name);
}

export async function listenOnLoopback(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on a port
  return `http://127.0.0.1:${port}`;
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function writeForever(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(16_384)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
