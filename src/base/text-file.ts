import { readFileSync } from 'node:fs';

/**
 * Decodes the bytes of a text file that a person may have made on Windows: UTF-8 with or without a byte order mark, or UTF-16 with one, as
 * PowerShell writes it. The lines of the result end in `\n`.
 */
export function decodeTextFile(bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes).replaceAll('\r\n', '\n');
}

/** Reads a text file, like {@link decodeTextFile}. Throws the error of the file system. */
export function readTextFile(path: string): string {
  return decodeTextFile(readFileSync(path));
}
