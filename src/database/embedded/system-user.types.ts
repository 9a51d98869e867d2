/** A user of the operating system. */
export interface SystemUser {
  uid: number;
  gid: number;
  /** For messages: the name, or the uid when only that is known. */
  name: string;
}
