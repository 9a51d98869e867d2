/** Whether a client accepts gzip, or any encoding, without refusing it by q=0. */
export function acceptsGzip(encodings = ''): boolean {
  const weights = new Map(
    encodings.split(',').map((encoding) => {
      const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim().toLowerCase());
      return [name, parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))] as const; // q=0 refuses it
    }),
  );
  const isRefused = weights.get('gzip') ?? weights.get('*');
  return isRefused === false;
}
