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
  AUDIT_VIEW_CONFLICT: {
    kind: 'refused',
    status: 409,
    when: 'HTTP 409: you already have a saved view of this name, or 100 views',
    do: 'choose another name, or delete a view',
    message: {
      taken: (name: string) =>
        `Cannot save the view: you have another view named ${JSON.stringify(name)}. Choose another name, or change that view.`,
      tooMany: (most: number) => `Cannot save the view: you have ${most} views already. Delete a view first.`,
    },
  },
});
