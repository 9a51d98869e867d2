import { pipeline, Transform, type Readable } from 'node:stream';

/** What is used of a response of the AWS SDK. */
interface SdkResponse {
  body?: Readable;
}

type Handler = (args: object) => Promise<{ readonly response: unknown }>;

/** A middleware of the AWS SDK, which by itself reads whatever a server answers into memory: a longer answer than this breaks off. */
export function limitAnswer(maxBytes: number): (next: Handler) => Handler {
  return (next) => async (args) => {
    const result = await next(args);
    const response = result.response as SdkResponse; // of its own handler for Node.js
    if (response.body) response.body = limited(response.body, maxBytes);
    return result;
  };
}

function limited(body: Readable, maxBytes: number): Readable {
  let bytes = 0;
  const limiter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`its answer is longer than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  pipeline(body, limiter, () => undefined); // who reads it gets the error, and the connection is destroyed
  return limiter;
}
