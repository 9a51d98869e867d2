import { DataSource, type DataSourceOptions } from 'typeorm';

/** The open data sources of an application. After a failed start, the application closes them here, because Nest does not. */
export class OpenDataSources {
  private readonly opened = new Set<Promise<DataSource>>();
  private isClosed = false;

  /** Opens a data source. Rejects with TypeORM's error, and always rejects after {@link close}. */
  readonly open = async (options?: DataSourceOptions): Promise<DataSource> => {
    if (!options) throw new TypeError('Cannot open a data source: it has no options.');
    if (this.isClosed) throw new TypeError('Cannot open a data source: the application is closing.');
    const opening = new DataSource(options).initialize();
    this.opened.add(opening);
    opening.catch(() => this.opened.delete(opening));
    return opening;
  };

  /** Closes all open data sources, and those that are still being opened. Never rejects. */
  async close(): Promise<void> {
    this.isClosed = true; // without this, the retry of TypeORM's module after a second would open another data source
    for (const opening of this.opened) {
      const source = await opening.catch(() => undefined);
      if (source?.isInitialized) await source.destroy().catch(() => undefined);
    }
  }
}
