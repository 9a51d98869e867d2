import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { gunzipSync, gzipSync } from 'node:zlib';

const LINES = 1_000;
const BITS_OF_A_KEY = 12;
const HASHES = 6;

/** Writes lines as gzip in members of 1,000 lines, which every reader of gzip takes, and beside it an index: a Bloom filter for each member. */
export async function writeBlocks(path, lines) {
  const file = createWriteStream(path);
  const index = [];
  let block = [];
  let offset = 0;
  const flush = async () => {
    const bytes = gzipSync(Buffer.from(block.map(({ text }) => `${text}\n`).join('')));
    index.push({ offset, bytes: bytes.length, bloom: bloomOf(new Set(block.flatMap(({ keys }) => keys))) });
    offset += bytes.length;
    block = [];
    if (!file.write(bytes)) await new Promise((resolve) => file.once('drain', resolve));
  };
  for await (const line of lines) {
    const { sealed } = line;
    const keys = [`actor ${sealed.actor.id}`, `type ${sealed.type}`, `tenant ${sealed.tenantId}`];
    block.push({ text: JSON.stringify(line), keys: [...keys, `resource ${sealed.resource.id}`] });
    if (block.length === LINES) await flush();
  }
  if (block.length > 0) await flush();
  file.end();
  await finished(file);
  await writeFile(`${path}.index`, encode(index));
}

/** How many events of the file a question finds, the newest first, at most `most`. */
export async function readBlocks(file, indexPath, { column, value }, most) {
  const places = hashesOf(`${column} ${value}`);
  const needle = JSON.stringify(value);
  let found = 0;
  for (const { offset, bytes, bloom } of decode(await readFile(indexPath)).toReversed()) {
    if (!mayHave(bloom, places)) continue;
    const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    for (const text of gunzipSync(buffer).toString().split('\n').toReversed()) {
      if (!text.includes(needle)) continue;
      const { sealed } = JSON.parse(text);
      if ({ actor: sealed.actor.id, type: sealed.type, tenant: sealed.tenantId }[column] === value) found += 1;
      if (found === most) return found;
    }
  }
  return found;
}

function hashesOf(key) {
  const digest = createHash('sha256').update(key).digest();
  return Array.from({ length: HASHES }, (_, nth) => digest.readUInt32LE(4 * nth));
}

function bloomOf(keys) {
  const bloom = Buffer.alloc(Math.ceil((keys.size * BITS_OF_A_KEY) / 8));
  for (const key of keys) for (const hash of hashesOf(key)) set(bloom, hash % (8 * bloom.length));
  return bloom;
}

function set(bloom, bit) {
  bloom[bit >> 3] |= 1 << (bit & 7);
}

function mayHave(bloom, hashes) {
  return hashes.every((hash) => {
    const bit = hash % (8 * bloom.length);
    return (bloom[bit >> 3] & (1 << (bit & 7))) !== 0;
  });
}

function encode(index) {
  const parts = index.flatMap(({ offset, bytes, bloom }) => {
    const head = Buffer.alloc(16);
    head.writeDoubleLE(offset, 0);
    head.writeUInt32LE(bytes, 8);
    head.writeUInt32LE(bloom.length, 12);
    return [head, bloom];
  });
  return Buffer.concat(parts);
}

function decode(buffer) {
  const index = [];
  for (let at = 0; at < buffer.length;) {
    const length = buffer.readUInt32LE(at + 12);
    index.push({
      offset: buffer.readDoubleLE(at),
      bytes: buffer.readUInt32LE(at + 8),
      bloom: buffer.subarray(at + 16, at + 16 + length),
    });
    at += 16 + length;
  }
  return index;
}
