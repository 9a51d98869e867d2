import { declareErrors } from '../../audit/nest-free.js';

export const viewerErrors = declareErrors({
  AUDIT_VIEWER_NOT_BUILT: {
    kind: 'missing',
    when: 'boot: the files of the viewer are missing, or differ from its manifest',
    do: 'install the package again; in its sources, run `npm run build`',
    message: (seen: string, cause: unknown) => ({
      message: `Cannot serve the audit viewer: ${seen}. Install the package again, or run npm run build in its sources.`,
      cause,
    }),
  },
});
