/** Whether a client named gzip, or anything, without refusing it by q=0. */
export function acceptsGzip(encodings = ''): boolean {
  const weights = new Map(
    encodings.split(',').map((encoding) => {
      const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim().toLowerCase());
      return [name, parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))] as const; // whether it is refused
    }),
  );
  const isRefused = weights.get('gzip') ?? weights.get('*');
  return isRefused === false;
}
