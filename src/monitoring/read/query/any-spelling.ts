/**
 * Creates regular expressions that find a text in upper or lower case, with or without accents. A pattern lists all spellings of each
 * letter, so that the database's locale does not affect the result. PostgreSQL, its JSON paths and DuckDB accept these patterns.
 */

/** Ranges of code points: Latin, Greek and Cyrillic. */
const ALPHABETS = [
  [0x41, 0x24f],
  [0x370, 0x52f],
  [0x1e00, 0x1fff],
] as const;

/** These letters have no Unicode decomposition. */
const OTHER_BASES: Readonly<Record<string, string>> = { ø: 'o', ł: 'l', đ: 'd', ħ: 'h', ŧ: 't', ı: 'i' };

const LIGATURES: ReadonlyMap<string, string> = new Map([
  ['ss', 'ßẞ'],
  ['ae', 'æÆäÄ'],
  ['oe', 'œŒöÖ'],
  ['ue', 'üÜ'],
]);

const ACCENTS = '[\u0300-\u036f]*';

function baseOf(letter: string): string {
  const lower = letter
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  return OTHER_BASES[lower] ?? lower;
}

const SPELLINGS: ReadonlyMap<string, string> = spellingsByBase();

function spellingsByBase(): ReadonlyMap<string, string> {
  const spellings = new Map<string, string>();
  for (const [first, last] of ALPHABETS) {
    for (let code = first; code <= last; code++) {
      const letter = String.fromCharCode(code);
      if (!/^\p{L}$/u.test(letter)) continue;
      const base = baseOf(letter);
      spellings.set(base, `${spellings.get(base) ?? ''}${letter}`);
    }
  }
  return spellings;
}

/** Returns a regular expression that finds a text anywhere, in any spelling. */
export function anySpelling(text: string): string {
  const bases = Array.from(text.normalize('NFC'), (letter) => (letter === 'ß' ? 'ss' : baseOf(letter))).join('');
  let pattern = '';
  for (let at = 0; at < bases.length;) {
    const [pair, letter] = [bases.slice(at, at + 2), String.fromCodePoint(bases.codePointAt(at) ?? 0)];
    const ligature = LIGATURES.get(pair);
    pattern +=
      ligature === undefined ? spelt(letter) : `(${spelt(pair[0] ?? '')}${spelt(pair[1] ?? '')}|[${ligature}])`;
    at += ligature === undefined ? letter.length : 2;
  }
  return pattern;
}

function spelt(letter: string): string {
  const spellings = SPELLINGS.get(letter);
  return spellings === undefined ? escapeRegex(letter) : `[${spellings}]${ACCENTS}`;
}

/** Escapes a text for a regular expression, so that the text matches only itself. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
