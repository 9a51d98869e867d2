declare module 'smtp-server' {
  import type { Readable } from 'node:stream';
  import type { Server } from 'node:net';

  type Done = (error?: Error | null, given?: object) => void;
  interface Session {
    readonly secure: boolean;
    readonly user?: string;
    readonly envelope: {
      readonly mailFrom: { readonly address: string };
      readonly rcptTo: readonly { readonly address: string }[];
    };
  }
  export class SMTPServer {
    constructor(options: {
      readonly secure?: boolean;
      readonly key?: string;
      readonly cert?: string;
      readonly authOptional?: boolean;
      readonly disabledCommands?: readonly string[];
      readonly onAuth?: (
        login: { readonly username: string; readonly password: string },
        session: Session,
        done: Done,
      ) => void;
      readonly onRcptTo?: (address: { readonly address: string }, session: Session, done: Done) => void;
      readonly onData?: (stream: Readable, session: Session, done: Done) => void;
    });
    readonly server: Server;
    listen(port: number, host: string, listening: () => void): void;
    close(closed: () => void): void;
    on(name: 'error', listener: () => void): this;
  }
}
