import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';

/** The parameters of Argon2id, from OWASP's password storage cheat sheet. The default algorithm of the package `@node-rs/argon2` is Argon2id. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes passwords, and compares passwords with hashes, on other threads. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  /** The hash to compare with if the account is unknown. It has the same parameters, so that the comparison takes the same time. */
  private decoy: Promise<string> | undefined;

  /** Returns the hash of `password` in PHC format, with a fresh salt. */
  async hash(password: string): Promise<string> {
    return hash(oneSpelling(password), PARAMETERS);
  }

  /** Whether `password` is the password that `passwordHash` was made from. Without a hash, resolves with `false` after the same work. */
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

/** Normalises a password, because two keyboards may send the same character in different forms (NIST SP 800-63B, 3.1.1.2). */
function oneSpelling(password: string): string {
  return password.normalize('NFKC');
}
