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

/** A user of the operating system. */
export interface SystemUser {
  uid: number;
  gid: number;
  /** For messages: the name, or the uid when only that is known. */
  name: string;
}

/** PostgreSQL's programs, by their absolute paths, and their version. */
export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
  /** Such as `18.4`. */
  version: string;
  /** Such as `18`; what a data folder names in its PG_VERSION. */
  majorVersion: string;
}
