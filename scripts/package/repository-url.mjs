const HOSTED = /^(?:git\+)?(https:\/\/[^/]+\/[^/]+\/[^/#]+?)(?:\.git)?\/?$/;

/**
 * Where the repository is on the web, such as `https://github.com/owner/name`: what package.json says, else what a workflow of
 * GitHub says; `undefined` if neither does.
 */
export function repositoryUrl(manifest, env) {
  const { repository } = manifest;
  const given = typeof repository === 'string' ? repository : repository?.url;
  const short = /^(?:github:)?([\w.-]+\/[\w.-]+)$/.exec(given ?? '');
  if (short) return `https://github.com/${short[1]}`;
  if (given !== undefined) {
    const [, url] = HOSTED.exec(given) ?? [];
    if (url === undefined)
      throw new Error(`package.json: the repository ${given} is not an https address of GitHub's form.`);
    return url;
  }
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env;
  return server && name ? `${server}/${name}` : undefined;
}

/** The fields that tell a registry where the package comes from. */
export function originFields(url) {
  if (url === undefined) return {};
  return {
    homepage: `${url}#readme`,
    repository: { type: 'git', url: `git+${url}.git` },
    bugs: { url: `${url}/issues` },
  };
}
