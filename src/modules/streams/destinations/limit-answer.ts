import { pipeline, Transform, type Readable } from 'node:stream';

/** The members of an AWS SDK response that are used here. */
interface SdkResponse {
  body?: Readable;
}

type Handler = (args: object) => Promise<{ readonly response: unknown }>;

/** Makes a middleware for the AWS SDK that limits answers; by itself, the SDK reads any answer into memory. */
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
  pipeline(body, limiter, () => undefined); // the reader gets the error, and the connection is destroyed
  return limiter;
}
