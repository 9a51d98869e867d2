import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ViewerRefusedException } from './viewer-refused.error.js';
import { mountOf, type ViewerRequest, type ViewerResponse } from './viewer-request.js';
import { VIEWER_HEADERS } from './viewer-headers.js';
import { VIEWER_OPTIONS, type ResolvedViewerOptions } from './viewer-options.js';

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
