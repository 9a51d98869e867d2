import type { LoggerService, LogLevel } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { AuditContext, maskSecrets } from '../audit/index.js';

/**
 * Nest's logger as structured lines (pino): each carries the current request's id, and what looks like a secret is
 * masked wherever it stands.
 */
export class AppLogger implements LoggerService {
  private readonly pino: Logger;

  constructor(level: string, destination?: DestinationStream) {
    const options = {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      mixin: () => {
        const requestId = AuditContext.current()?.requestId;
        return requestId === undefined ? {} : { requestId };
      },
    };
    this.pino = destination ? pino(options, destination) : pino(options);
  }

  /** One line with facts of its own. They must be free of secrets: only their texts' looks are checked. */
  facts(message: string, facts: Readonly<Record<string, unknown>>): void {
    this.pino.info(facts, maskSecrets(message));
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  setLogLevels(levels: LogLevel[]): void {
    if (levels.length === 0) this.pino.level = 'silent';
  }

  /** Nest gives the context last, and an error's stack before it. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const stack = message instanceof Error ? message.stack : rest.slice(0, -1).find((part) => typeof part === 'string');
    this.pino[level](
      {
        ...(typeof context === 'string' ? { context } : {}),
        ...(typeof stack === 'string' ? { stack: maskSecrets(stack) } : {}),
      },
      maskSecrets(textOf(message)),
    );
  }
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (message instanceof Error) return message.message;
  try {
    return JSON.stringify({ message });
  } catch {
    return '[unprintable]';
  }
}
