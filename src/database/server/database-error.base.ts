/**
 * What every failure to have a usable database extends: the boot of the application catches this one class, prints
 * the message and exits. No message and no cause holds a password.
 */
export abstract class DatabaseError extends Error {
  /** Stable, for people to search by and for code to branch on. */
  abstract readonly code: `${'DATABASE' | 'EMBEDDED'}_${string}`;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
