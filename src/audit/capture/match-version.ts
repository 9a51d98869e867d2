import { VERSION_NEUTRAL, VersioningType, type VersioningOptions } from '@nestjs/common';
import { readSafely } from '../event/read-safely.js';

/** The part of a request that states its version. */
export interface VersionedRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Matches one media range; a quoted text belongs to it whatever separators it holds. */
const MEDIA_RANGE = /(?:"(?:\\.|[^"\\])*"?|[^",])+/gs;
const PARAMETER = /(?:"(?:\\.|[^"\\])*"?|[^";])+/gs;

/** Whether a route takes requests of this version. A version in the path was already compared with the path. */
export function takesVersion(
  version: unknown,
  versioning: VersioningOptions | undefined,
  request: VersionedRequest,
): boolean {
  if (!versioning || versioning.type === VersioningType.URI) return true;
  if (version === undefined || version === VERSION_NEUTRAL) return true;
  const asked: unknown = readSafely(() => askedVersion(versioning, request));
  const wanted: readonly unknown[] = asked === undefined ? [VERSION_NEUTRAL] : [asked].flat();
  const versions: readonly unknown[] = [version].flat();
  return versions.some((each) => wanted.includes(each));
}

function askedVersion(versioning: VersioningOptions, request: VersionedRequest): unknown {
  switch (versioning.type) {
    case VersioningType.HEADER:
      return request.headers[versioning.header.toLowerCase()];
    case VersioningType.MEDIA_TYPE:
      return mediaTypeVersion(String(request.headers.accept ?? ''), versioning.key);
    case VersioningType.CUSTOM:
      return versioning.extractor(request);
    default:
      return undefined;
  }
}

/** Returns the text after the key, in the first parameter of any media range that begins with it, as in `application/json;v=2`. */
function mediaTypeVersion(accept: string, key: string): string | undefined {
  const ranges = accept.match(MEDIA_RANGE) ?? [];
  const parameters = ranges.flatMap((range) => (range.match(PARAMETER) ?? []).slice(1));
  const version = parameters.map((each) => each.trim()).find((each) => each.startsWith(key));
  return version?.slice(key.length).replace(/^"(.*)"$/s, (_whole, quoted: string) => quoted.replace(/\\(.)/gs, '$1'));
}
