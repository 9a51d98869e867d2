import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseJson } from '../../../src/audit/nest-free.js';

interface SuiteFile {
  readonly name: string;
  /** Git's hash shows that the bytes are the suite's own. */
  readonly blob: string;
  readonly base64: string;
  /** The test repeats the bytes `times` times and then appends `end`. */
  readonly times?: number;
  readonly end?: string;
  /** The result of {@link write}; `null` if Node 20 refuses the file. */
  readonly value: string | null;
}

const { files } = JSON.parse(readFileSync('test/vectors/json-test-suite/files.json', 'utf8')) as {
  readonly files: readonly SuiteFile[];
};

const of = (verdict: 'y' | 'n' | 'i') => files.filter(({ name }) => name.startsWith(`test_parsing/${verdict}_`));

function toBytes({ base64, times = 1, end = '' }: SuiteFile): Buffer {
  const part = Buffer.from(base64, 'base64');
  return Buffer.concat([...new Array<Buffer>(times).fill(part), Buffer.from(end, 'base64')]);
}

const toText = (file: SuiteFile): string => toBytes(file).toString('utf8');

/** A member with an escaped key forces the exact reader. */
const wrapped = (text: string): string => `{"\\\\":0,"text":${text}}`;

/** JSON cannot express -0, NaN and infinite numbers. */
function write(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'number' || (Number.isFinite(member) && !Object.is(member, -0))) return member;
    return `number ${Object.is(member, -0) ? '-0' : member}`;
  });
}

/** The first reading is native where the text allows it; the second reading is exact. */
function readings(text: string): readonly string[] {
  const { text: member } = parseJson(wrapped(text)) as { readonly text: unknown };
  return [write(parseJson(text)), write(member)];
}

describe('of JSONTestSuite', () => {
  it('each file is the original, byte by byte', () => {
    for (const file of files) {
      const bytes = toBytes(file);
      expect([file.name, createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')]).toEqual([
        file.name,
        file.blob,
      ]);
    }
    expect([of('y').length, of('n').length, of('i').length, files.length]).toEqual([95, 188, 35, 95 + 188 + 35 + 22]);
  });

  it.each(of('y'))('$name is taken, and is what Node 20 reads', (file) => {
    expect(readings(toText(file))).toEqual([file.value, file.value]);
  });

  it.each(of('n'))('$name is refused', (file) => {
    expect(() => parseJson(toText(file))).toThrow(SyntaxError);
    expect(() => parseJson(wrapped(toText(file)))).toThrow(SyntaxError);
  });

  it.each(files.filter(({ name }) => /^test_transform\/|\/i_/.test(name)))('$name is as Node 20 has it', (file) => {
    if (file.value !== null) expect(readings(toText(file))).toEqual([file.value, file.value]);
    else for (const text of [toText(file), wrapped(toText(file))]) expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});
