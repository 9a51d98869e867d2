import { eventually } from './eventually.js';

export interface TailedEvent {
  readonly place: number;
  readonly event: Readonly<Record<string, unknown>>;
}

export class TailReader {
  readonly events: TailedEvent[] = [];
  readonly places: number[] = [];
  isEnded = false;
  private isUpToDate = false;
  private atLastPage = 0;
  private readonly controller = new AbortController();

  private constructor(readonly response: Response) {}

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<TailReader> {
    const controller = new AbortController();
    const response = await fetch(url, { headers, signal: controller.signal });
    const reader = new TailReader(response);
    reader.controller.signal.addEventListener('abort', () => controller.abort());
    if (response.ok) void reader.read();
    return reader;
  }

  leave(): void {
    this.controller.abort();
  }

  async until(count: number): Promise<readonly TailedEvent[]> {
    await eventually(() => this.events.length >= count);
    return this.events;
  }

  async untilUpToDate(): Promise<readonly TailedEvent[]> {
    await eventually(() => this.isUpToDate);
    return this.events;
  }

  async untilPlace(): Promise<number> {
    return eventually(() => this.places.at(-1) ?? false);
  }

  private async read(): Promise<void> {
    let rest = '';
    try {
      for await (const text of (this.response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        const frames = (rest + text).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) this.take(frame.split('\n'));
      }
    } catch {
      // leave() aborts the request, so reading fails
    }
    this.isEnded = true;
  }

  private take(lines: readonly string[]): void {
    const readField = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const [id, data] = [readField('id'), readField('data')];
    if (id !== undefined) this.places.push(Number(id));
    if (lines[0]?.startsWith(': up to') === true) {
      this.isUpToDate = this.events.length === this.atLastPage;
      this.atLastPage = this.events.length;
    }
    if (data !== undefined) {
      const event = JSON.parse(data) as Readonly<Record<string, unknown>>;
      this.events.push({ place: Number(id), event });
    }
  }
}
