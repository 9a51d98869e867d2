import type { Binaries } from './load-binaries.js';
import type { SystemUser } from './system-user.types.js';

/** One cluster's place on this machine and the programs that run it. All paths are absolute and real. */
export interface Cluster {
  dir: string;
  /** What PostgreSQL calls PGDATA. */
  data: string;
  logFile: string;
  /** Whom PostgreSQL runs as; absent when that is the user of this process. */
  user: SystemUser | undefined;
  binaries: Binaries;
}
