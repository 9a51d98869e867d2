/** Runs the work while `Date` is off by some milliseconds. The database server's clock stays right. */
export async function withClockOff<T>(offMs: number, work: () => Promise<T>): Promise<T> {
  const RealDate = Date;
  const now = (): number => RealDate.now() + offMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values: unknown[]): Date =>
      values.length === 0 ? new RealDate(now()) : (Reflect.construct(target, values) as Date),
    get: (target, name): unknown => (name === 'now' ? now : Reflect.get(target, name)),
  });
  try {
    return await work();
  } finally {
    globalThis.Date = RealDate;
  }
}
