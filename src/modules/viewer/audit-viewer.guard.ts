import {
  Catch,
  Inject,
  Injectable,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ACCESS_OPTIONS, type AccessOptions } from '../monitoring/access/access-options.js';
import { parseAccess } from '../monitoring/access/ledger-access.js';
import { mountOf, VIEWER_HEADERS, type ViewerRequest, type ViewerResponse } from './viewer-http.js';
import { VIEWER_OPTIONS, type ResolvedViewerOptions } from './viewer-options.js';
import { ViewerRefusedException } from './viewer.error.js';

/** Admits readers of the ledger to the viewer's files; with a public shell, everybody: the files contain no data. */
@Injectable()
export class AuditViewerGuard implements CanActivate {
  constructor(
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
    @Inject(VIEWER_OPTIONS) private readonly options: ResolvedViewerOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.options.shell === 'public') return true;
    const request = context.switchToHttp().getRequest<unknown>();
    if (parseAccess(await this.access.authorize(request, 'read'))) return true;
    throw new ViewerRefusedException();
  }
}

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Audit log</title><link rel="icon" href="data:,"></head>
<body><main><h1>You may not see this audit log</h1>
<p>The application does not let you read it. Log in as somebody who may, or ask its administrator.</p></main></body>
</html>
`;

/** Sends a browser without a session to the log-in page, or shows it a message. */
@Catch(ViewerRefusedException)
export class ViewerRefusedFilter implements ExceptionFilter<ViewerRefusedException> {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(VIEWER_OPTIONS) private readonly options: ResolvedViewerOptions,
  ) {}

  catch(_refusal: ViewerRefusedException, context: ArgumentsHost): void {
    const request = context.switchToHttp().getRequest<ViewerRequest>();
    const response = context.switchToHttp().getResponse<ViewerResponse>();
    for (const [name, value] of VIEWER_HEADERS) response.header(name, value);
    response.header('Cache-Control', 'no-store');
    const { logInPage } = this.options;
    if (logInPage === undefined) {
      response.header('Content-Type', 'text/html; charset=utf-8');
      this.host.httpAdapter.reply(response, PAGE, 403);
      return;
    }
    const { front, viewer } = mountOf(request, this.options);
    this.host.httpAdapter.redirect(response, 302, `${front}${logInPage}?returnTo=${encodeURIComponent(viewer)}`);
  }
}
