import { DataSource, type DataSourceOptions } from 'typeorm';

/** The open data sources of an application. A failed start closes them, because Nest does not. */
export class OpenDataSources {
  private readonly opened = new Set<Promise<DataSource>>();
  private isClosed = false;

  /** Opens a data source. Rejects with TypeORM's error, and after {@link close}. */
  readonly open = async (options?: DataSourceOptions): Promise<DataSource> => {
    if (!options) throw new TypeError('Cannot open a data source: it has no options.');
    if (this.isClosed) throw new TypeError('Cannot open a data source: the application is closing.');
    const opening = new DataSource(options).initialize();
    this.opened.add(opening);
    opening.catch(() => this.opened.delete(opening));
    return opening;
  };

  /** Closes the open data sources, including one that is being opened. Never rejects. */
  async close(): Promise<void> {
    this.isClosed = true; // TypeORM's module retries after a second
    for (const opening of this.opened) {
      const source = await opening.catch(() => undefined);
      if (source?.isInitialized) await source.destroy().catch(() => undefined);
    }
  }
}
