/** Where an event type is recorded by a route of the application. */
export interface InventoriedRoute {
  readonly method: string;
  readonly path: string;
}

/** One event type of the application. */
export interface InventoriedType {
  readonly type: string;
  readonly category: string;
  readonly outcome: string;
  readonly severity: string;
  /** How it gets into the ledger: by a decorator of these routes, by the code of a service, by a trigger, by the ledger itself. */
  readonly recordedBy: readonly string[];
  readonly routes: readonly InventoriedRoute[];
  readonly fields: readonly string[];
  /** Those that hold personal data: an erasure removes their values. */
  readonly personal: readonly string[];
  readonly retention: string;
}

/** Every event type of an application, where it is recorded, and who may read it (ASVS 16.1.1). */
export interface LogInventory {
  readonly types: readonly InventoriedType[];
  readonly tables: readonly string[];
  /** Where the events are: the database, streams, archives. */
  readonly places: readonly string[];
  readonly readers: readonly string[];
}
