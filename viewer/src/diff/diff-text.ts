export interface TextPiece {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** The maximum number of word pairs to compare. If there are more, everything between the equal beginning and end counts as different. */
const MAX_PAIRS = 250_000;

/** The time is bounded for any texts. */
export function diffText(before: string, after: string): readonly TextPiece[] {
  const from = splitWords(before);
  const to = splitWords(after);
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  const shortest = Math.min(from.length, to.length) - start;
  while (end < shortest && from.at(-1 - end) === to.at(-1 - end)) end++;
  const pieces: TextPiece[] = [];
  add(pieces, 'same', from.slice(0, start));
  diffMiddle(pieces, from.slice(start, from.length - end), to.slice(start, to.length - end));
  add(pieces, 'same', from.slice(from.length - end));
  return pieces;
}

function splitWords(text: string): readonly string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

function diffMiddle(pieces: TextPiece[], from: readonly string[], to: readonly string[]): void {
  if (from.length * to.length > MAX_PAIRS || from.length === 0 || to.length === 0) {
    add(pieces, 'removed', from);
    add(pieces, 'added', to);
    return;
  }
  const lengths = commonLengths(from, to);
  const width = to.length + 1;
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      add(pieces, 'same', [from[i++] ?? '']);
      j++;
    } else if (
      j >= to.length ||
      (i < from.length && getLength(lengths, (i + 1) * width + j) >= getLength(lengths, i * width + j + 1))
    ) {
      add(pieces, 'removed', [from[i++] ?? '']);
    } else {
      add(pieces, 'added', [to[j++] ?? '']);
    }
  }
}

/** Returns, for each pair of positions, how many words the two texts share from these positions on. */
function commonLengths(from: readonly string[], to: readonly string[]): Uint16Array {
  const width = to.length + 1;
  const lengths = new Uint16Array((from.length + 1) * width);
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      const index = i * width + j;
      lengths[index] =
        from[i] === to[j]
          ? getLength(lengths, index + width + 1) + 1
          : Math.max(getLength(lengths, index + width), getLength(lengths, index + 1));
    }
  }
  return lengths;
}

function getLength(lengths: Uint16Array, index: number): number {
  return lengths[index] ?? 0;
}

function add(pieces: TextPiece[], kind: TextPiece['kind'], words: readonly string[]): void {
  const text = words.join('');
  if (text === '') return;
  const last = pieces.at(-1);
  if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + text };
  else pieces.push({ kind, text });
}
