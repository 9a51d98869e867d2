import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';

/** The parameters come from OWASP's password storage cheat sheet. The default algorithm of `@node-rs/argon2` is Argon2id. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes passwords, and compares passwords with hashes, on other threads. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  /** A hash with the parameters of real hashes, so that a log-in without an account takes the same time. */
  private decoy: Promise<string> | undefined;

  /** Returns the hash of `password` in PHC format, with a fresh salt. */
  async hash(password: string): Promise<string> {
    return hash(oneSpelling(password), PARAMETERS);
  }

  /**
   * Whether `passwordHash` is a hash of `password`. Returns `false` if `passwordHash` is `undefined`, after the same time as for a wrong
   * password.
   */
  async matches(passwordHash: string | undefined, password: string): Promise<boolean> {
    const matched = await verify(passwordHash ?? (await this.decoyHash()), oneSpelling(password));
    return matched && passwordHash !== undefined;
  }

  /** Makes the decoy at boot, so that the first log-in of an unknown user takes no longer than any other. */
  async onModuleInit(): Promise<void> {
    await this.decoyHash();
  }

  private decoyHash(): Promise<string> {
    return (this.decoy ??= this.hash(randomBytes(32).toString('base64url')));
  }
}

/** Two keyboards may send the same character in different forms (NIST SP 800-63B, 3.1.1.2). */
function oneSpelling(password: string): string {
  return password.normalize('NFKC');
}
