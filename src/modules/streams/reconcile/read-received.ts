import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { parseJson } from '../../../audit/plain.js';
import { BatchOfLines, type ReceivedItem } from './batch-of-lines.js';

/** Reads a receiver's copy one item at a time. */
export interface ReceivedCopy {
  /** Yields the items in the order of files and lines. */
  items(): AsyncGenerator<ReceivedItem>;
  /** Whether the order of files and lines is the order of arrival. */
  readonly isOrdered: boolean;
  /** Returns the number of incomplete batches that the stream sent again. */
  readonly torn: () => number;
}

const NUMBERED = /\.(\d{6,})$/;

/**
 * Opens the copy of a receiver: a file of lines with its numbered predecessors, a folder, or `-` for the standard input. A folder contains
 * such files, S3 objects, or the bodies that a webhook received. Files whose names end in `.gz` are unpacked. Rejects with the system's
 * error for unreadable files.
 */
export async function openReceived(path: string): Promise<ReceivedCopy> {
  const isFolder = path !== '-' && (await stat(path)).isDirectory();
  const files = path === '-' ? [path] : await (isFolder ? filesIn(path) : fileWithFull(path));
  let torn = 0;
  return {
    isOrdered: !isFolder,
    torn: () => torn,
    items: async function* () {
      for (const file of files) {
        const lines = new BatchOfLines(file === '-' ? 'the standard input' : file);
        for await (const value of valuesOf(file)) {
          if ('wrong' in value) yield { kind: 'unreadable', what: value.wrong };
          else yield* lines.take(value.read);
        }
        yield* lines.end();
        torn += lines.torn;
      }
    },
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return inOrder(entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)));
}

/** The file `events.jsonl.000001` is older than `events.jsonl`. */
async function fileWithFull(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  const own = basename(path);
  const full = names.filter(
    (name) => name.startsWith(`${own}.`) && NUMBERED.test(name) && name.replace(NUMBERED, '') === own,
  );
  return inOrder([path, ...full.map((name) => join(dirname(path), name))]);
}

function inOrder(files: readonly string[]): readonly string[] {
  const keyOf = (file: string): readonly [string, number] => [
    file.replace(NUMBERED, ''),
    Number(NUMBERED.exec(file)?.[1] ?? Infinity),
  ];
  return files.toSorted((one, other) => {
    const [[name, number], [otherName, otherNumber]] = [keyOf(one), keyOf(other)];
    if (name !== otherName) return name < otherName ? -1 : 1;
    return number === otherNumber ? 0 : number - otherNumber;
  });
}

type Value = { readonly read: unknown } | { readonly wrong: string };

async function* valuesOf(file: string): AsyncGenerator<Value> {
  if (file.endsWith('.json')) {
    const whole = parsed(await readFile(file, 'utf8'));
    if (whole) {
      for (const read of Array.isArray(whole.read) ? (whole.read as readonly unknown[]) : [whole.read]) yield { read };
      return;
    }
  }
  const source = file === '-' ? process.stdin : createReadStream(file);
  const input = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;
    yield parsed(line) ?? { wrong: `${file === '-' ? 'the standard input' : file}, line ${number}, is not JSON` };
  }
}

function parsed(text: string): { readonly read: unknown } | undefined {
  try {
    return { read: parseJson(text) };
  } catch {
    return undefined;
  }
}
