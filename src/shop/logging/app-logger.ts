import type { LoggerService, LogLevel } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { AuditContext } from '../../audit/index.js';
import { maskSecrets } from '../../audit/nest-free.js';

/** Nest's log lines with these contexts get the level debug. */
const STEPS_OF_START: readonly unknown[] = [
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
];

/** Nest logs errors with these contexts and then throws them; main.ts logs the thrown error. */
const THROWN_TOO: readonly unknown[] = ['ExceptionHandler', 'NestApplication'];

/**
 * Writes Nest's log as structured lines (pino), or as text on a terminal. Each line has the id of the current request. Texts that look like
 * secrets are masked.
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
    this.pino = pino(options, destination ?? (process.stdout.isTTY ? forTerminal() : pino.destination(1)));
  }

  /** Logs a line with additional facts. The facts must not contain secrets, because only the message is masked. */
  facts(message: string, facts: Readonly<Record<string, unknown>>): void {
    this.pino.info(facts, maskSecrets(message));
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(STEPS_OF_START.includes(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write(THROWN_TOO.includes(rest.at(-1)) ? 'debug' : 'error', message, rest);
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

  /** In Nest's arguments, the context comes last, and the stack of an error comes before the context. */
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

function forTerminal(): DestinationStream {
  return pretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: '{if context}{context}: {end}{msg}',
    ignore: 'context',
  });
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
