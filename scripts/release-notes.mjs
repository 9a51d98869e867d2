// If CHANGELOG.md lacks the section of the version, the script fails, so that nothing is released.
import { readFile } from 'node:fs/promises';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const changelog = await readFile('CHANGELOG.md', 'utf8');
const section = changelog
  .split(/^(?=## )/m)
  .find((part) => part.startsWith(`## ${version} `) || part.startsWith(`## ${version}\n`));
const notes = section?.slice(section.indexOf('\n')).trim();
if (notes) console.log(notes);
else {
  console.error(`Cannot release ${version}: CHANGELOG.md has no section "## ${version} (<day>)" with changes.`);
  process.exit(1);
}
