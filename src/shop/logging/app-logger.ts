import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { AuditContext } from '../../audit/index.js';
import { maskSecrets } from '../../audit/nest-free.js';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Lines of Nest with these contexts get the level debug: the steps of the start, and errors that Nest also throws, which main.ts logs. */
const QUIET: Readonly<Partial<Record<Level, readonly unknown[]>>> = {
  info: ['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver'],
  error: ['ExceptionHandler', 'NestApplication'],
};

/**
 * Writes Nest's log as structured lines (pino), or as text on a terminal. Each line has the id of the current request. Texts that look like
 * secrets are masked.
 */
export class AppLogger implements LoggerService {
  readonly log = this.writer('info');
  readonly warn = this.writer('warn');
  readonly error = this.writer('error');
  readonly fatal = this.writer('fatal');
  readonly debug = this.writer('debug');
  readonly verbose = this.writer('trace');
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
    this.pino = pino(options, destination ?? (process.stdout.isTTY ? createTerminalStream() : pino.destination(1)));
  }

  /** In Nest's arguments, the context comes last, and the stack of an error comes before the context. */
  private writer(level: Level) {
    return (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const stack =
        message instanceof Error ? message.stack : rest.slice(0, -1).find((part) => typeof part === 'string');
      this.pino[QUIET[level]?.includes(context) ? 'debug' : level](
        {
          ...(typeof context === 'string' ? { context } : {}),
          ...(typeof stack === 'string' ? { stack: maskSecrets(stack) } : {}),
        },
        maskSecrets(formatMessage(message)),
      );
    };
  }
}

function createTerminalStream(): DestinationStream {
  return pretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: '{if context}{context}: {end}{msg}',
    ignore: 'context',
  });
}

function formatMessage(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : inspect(message);
}
