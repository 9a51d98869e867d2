import { connect } from 'node:net';

/** Resolves with all bytes until the connection closes or the bytes end with `until`. */
export function exchange(url: string, text: string, until?: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (piece) => {
      pieces.push(piece);
      if (until && Buffer.concat(pieces).toString('latin1').endsWith(until)) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
  });
}

export function requestText(method: string, path: string, headers: Readonly<Record<string, string>> = {}, version = '1.1'): string {
  const all = { host: 'localhost', connection: 'close', ...headers };
  return `${method} ${path} HTTP/${version}\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
} // prettier-ignore

/** Removes the parts that differ by time, and the header that the context adds. */
export function comparable(answer: string): string {
  return answer
    .replace(/^date: .*\r\n/gim, '')
    .replace(/^x-request-id: .*\r\n/gim, '')
    .replace(/"timestamp":"[^"]*"/g, '"timestamp":""');
}

/** Informational answers (1xx) do not count. */
export function parseStatus(answer: string): number | undefined {
  return [...answer.matchAll(/(?:^|\r\n)HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status]) => Number(status)).at(-1);
}
