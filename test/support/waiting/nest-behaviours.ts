import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  Catch,
  Controller,
  ForbiddenException,
  Get,
  Head,
  HttpCode,
  Injectable,
  Res,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { concatWith, of, throwError, type Observable } from 'rxjs';
import { Audited } from '../../../src/audit/index.js';

interface Answer {
  status(code: number): this;
  send(body?: unknown): unknown;
  header(name: string, value: string): this;
}
const getResponse = (host: ArgumentsHost): Answer => host.switchToHttp().getResponse<Answer>();

@Catch()
class TeapotFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    getResponse(host).status(418).send({ filtered: true });
  }
}

@Catch()
class TwiceFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    getResponse(host).status(422).send('first');
    getResponse(host).header('x-late', '1').status(200).send('second');
  }
}

@Injectable()
class DenyingGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class AnsweringGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    getResponse(context).status(401).send('log in first');
    return false;
  }
}

@Controller('nest')
@Audited('thing_answer')
export class NestBehaviours {
  @Get('text')
  text(): string {
    return 'text';
  }

  @Get('no-content')
  @HttpCode(204)
  noContent(): void {
    // the status says it
  }

  @Head('head')
  head(): string {
    return 'a body that is not sent';
  }

  @Get('forbidden')
  forbidden(): void {
    throw new ForbiddenException();
  }

  @Get('crash')
  crash(): void {
    throw new Error('broken');
  }

  @Get('filtered')
  @UseFilters(TeapotFilter)
  filtered(): void {
    throw new Error('to be filtered');
  }

  @Get('filtered-twice')
  @UseFilters(TwiceFilter)
  filteredTwice(): void {
    throw new Error('to be filtered');
  }

  @Get('denied')
  @UseGuards(DenyingGuard)
  denied(): string {
    return 'never called';
  }

  @Get('denied-by-answer')
  @UseGuards(AnsweringGuard)
  deniedByAnswer(): string {
    return 'never called';
  }

  @Get('thrown-after-send')
  thrownAfterSend(@Res() answer: Answer): void {
    answer.status(202).send('sent');
    throw new ForbiddenException();
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('bytes'));
  }

  @Get('file-missing')
  fileMissing(): StreamableFile {
    return new StreamableFile(createReadStream('/nonexistent/file'));
  }

  @Get('file-that-breaks')
  fileThatBreaks(): StreamableFile {
    const pieces = (function* (): Generator<Buffer> {
      yield Buffer.from('one ');
      throw new Error('broken source');
    })();
    return new StreamableFile(Readable.from(pieces));
  }

  @Sse('events')
  events(): Observable<{ data: number }> {
    return of({ data: 1 }, { data: 2 });
  }

  @Sse('events-that-fail')
  eventsThatFail(): Observable<{ data: number }> {
    return of({ data: 1 }).pipe(concatWith(throwError(() => new Error('broken source'))));
  }

  @Sse('events-that-fail-at-once')
  eventsThatFailAtOnce(): Observable<{ data: number }> {
    return throwError(() => new ForbiddenException());
  }
}

export const NEST_PATHS = [
  'text', 'no-content', 'forbidden', 'crash', 'filtered', 'filtered-twice',
  'denied', 'denied-by-answer', 'thrown-after-send', 'file', 'file-missing', 'file-that-breaks',
  'events', 'events-that-fail', 'events-that-fail-at-once',
] as const; // prettier-ignore
