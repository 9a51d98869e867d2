import type { JsMsg } from '@nats-io/jetstream';
import { IngestUnavailableError } from './ingest.error.js';

/** Collects the messages of one request. Messages that arrive during a transaction are stored in the next transaction. */
export class MessageBuffer {
  private came: JsMsg[] = [];
  private failure: { readonly error: unknown } | undefined;
  private isEnded = false;
  private wakeUp: () => void = () => undefined;

  constructor(messages: AsyncIterable<JsMsg>) {
    void this.collect(messages);
  }

  /**
   * Waits for messages, and returns all messages that arrived since the last call. An empty list marks the end of the request.
   *
   * @throws IngestUnavailableError (`AUDIT_INGEST_UNAVAILABLE`) if the request fails, after this method has returned the earlier messages
   */
  async take(): Promise<readonly JsMsg[]> {
    while (this.came.length === 0 && !this.isEnded) {
      await new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
    }
    const { came, failure } = this;
    this.came = [];
    if (came.length === 0 && failure) throw IngestUnavailableError.create(failure.error);
    return came;
  }

  /** Never rejects. */
  private async collect(messages: AsyncIterable<JsMsg>): Promise<void> {
    try {
      for await (const message of messages) {
        this.came.push(message);
        this.wakeUp();
      }
    } catch (error) {
      this.failure = { error };
    }
    this.isEnded = true;
    this.wakeUp();
  }
}
