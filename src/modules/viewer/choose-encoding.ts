const ENCODINGS = ['br', 'gzip', 'identity'] as const;

/** Chooses the smallest encoding of a file that a client accepts, by its header `Accept-Encoding`. */
export function chooseEncoding(accepted = ''): (typeof ENCODINGS)[number] {
  const weights = new Map(accepted.toLowerCase().split(',').map(readWeight));
  return ENCODINGS.find((encoding) => (weights.get(encoding) ?? weights.get('*') ?? 0) > 0) ?? 'identity';
}

function readWeight(encoding: string): readonly [string, number] {
  const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [name, quality === undefined ? 1 : Number(quality.slice(2))];
}
