import { Readable } from 'node:stream';

/** A step of the AWS SDK that receives an answer. */
type Handler<Given, Result> = (given: Given) => Promise<Result>;

/** Makes a middleware for the AWS SDK that limits answers; by itself, the SDK reads any answer into memory. */
export function limitAnswer(maxBytes: number) {
  return <Given, Result extends { readonly response: unknown }>(next: Handler<Given, Result>): Handler<Given, Result> =>
    async (args) => {
      const result = await next(args);
      const response = result.response as { body?: Readable }; // of its own handler for Node.js
      if (response.body) response.body = Readable.from(limited(response.body, maxBytes), { objectMode: false });
      return result;
    };
}

async function* limited(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`); // destroys the connection
    yield chunk;
  }
}
