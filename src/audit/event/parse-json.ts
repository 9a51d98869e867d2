const BACKSLASH = 0x5c;

/** White space and one token of JSON, or nothing. */
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y; // eslint-disable-line no-control-regex -- JSON forbids them within strings
const REST = /[ \t\n\r]*$/y;

/**
 * Parses a JSON text exactly as `JSON.parse` is specified. V8 misreads escaped keys since Node 24 (nodejs/node#63785), so such texts are
 * parsed here, and all others natively. Use it for everything that is stored.
 *
 * @throws SyntaxError for invalid JSON
 */
export function parseJson(text: string): unknown {
  return text.includes('\\') && hasEscapedKey(text) ? readExactly(text) : JSON.parse(text);
}

/** Whether a key contains a backslash. Invalid JSON may give either answer. */
function hasEscapedKey(text: string): boolean {
  let backslash = text.indexOf('\\');
  for (let start = text.indexOf('"'); start >= 0 && backslash >= 0;) {
    const end = endOfString(text, start);
    if (end < 0) return false;
    if (backslash < end) {
      if (isBeforeColon(text, end + 1)) return true;
      backslash = text.indexOf('\\', end);
    }
    start = text.indexOf('"', end + 1);
  }
  return false;
}

/** Finds the quotation mark that ends a string. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (end < 0 || backslashes % 2 === 0) return end;
  }
}

function isBeforeColon(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === ':') return true;
    if (char !== ' ' && char !== '\t' && char !== '\n' && char !== '\r') return false;
  }
  return false;
}

type Container =
  | { readonly kind: 'array'; readonly value: unknown[] }
  | { readonly kind: 'object'; readonly value: object; key: string };

/** Parses without recursion, so that nothing is too deep. Native parsing of a single text or number is correct. */
function readExactly(text: string): unknown {
  const tokens = new Tokens(text);
  const open: Container[] = [];
  for (;;) {
    let token = tokens.next();
    let value: unknown;
    if (token === '{' || token === '[') {
      const container: Container =
        token === '{' ? { kind: 'object', value: {}, key: '' } : { kind: 'array', value: [] };
      if (tokens.take(token === '{' ? '}' : ']')) {
        value = container.value;
      } else {
        if (container.kind === 'object') container.key = tokens.key();
        open.push(container);
        continue;
      }
    } else if (/^[}\],:]/.test(token)) {
      throw tokens.unexpected();
    } else {
      value = JSON.parse(token);
    }
    for (;;) {
      const container = open.at(-1);
      if (!container) return tokens.end(value);
      put(container, value);
      token = tokens.next();
      if (token === ',') {
        if (container.kind === 'object') container.key = tokens.key();
        break;
      }
      if (token !== (container.kind === 'object' ? '}' : ']')) throw tokens.unexpected();
      value = container.value;
      open.pop();
    }
  }
}

/** Sets a field as data: a key like `__proto__` is an ordinary one, and the last of several counts. */
function put(container: Container, value: unknown): void {
  if (container.kind === 'array') container.value.push(value);
  else {
    const property = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(container.value, container.key, property);
  }
}

class Tokens {
  private at = 0;
  private before = 0;

  constructor(private readonly text: string) {}

  next(): string {
    this.before = this.at;
    TOKEN.lastIndex = this.at;
    const [, mark, quoted, plain] = TOKEN.exec(this.text) ?? [];
    const token = mark ?? quoted ?? plain;
    if (token === undefined) throw this.unexpected();
    this.at = TOKEN.lastIndex;
    return token;
  }

  /** Whether the next token is this mark; if so, takes it. */
  take(mark: string): boolean {
    if (this.next() === mark) return true;
    this.at = this.before;
    return false;
  }

  /** Reads a key and the colon after it. */
  key(): string {
    const token = this.next();
    if (!token.startsWith('"')) throw this.unexpected();
    if (this.next() !== ':') throw this.unexpected();
    return String(JSON.parse(token));
  }

  end<Value>(value: Value): Value {
    REST.lastIndex = this.at;
    if (!REST.test(this.text)) {
      this.before = this.at;
      throw this.unexpected();
    }
    return value;
  }

  unexpected(): SyntaxError {
    return new SyntaxError(`Unexpected token or end of JSON after position ${this.before}`);
  }
}
