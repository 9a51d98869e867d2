const HOSTED = /^(?:git\+)?(https:\/\/[^/]+\/[^/]+\/[^/#]+?)(?:\.git)?\/?$/;

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

export function originFields(url) {
  if (url === undefined) return {};
  return {
    homepage: `${url}#readme`,
    repository: { type: 'git', url: `git+${url}.git` },
    bugs: { url: `${url}/issues` },
  };
}
