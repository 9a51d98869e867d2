/** Writes the source of a TypeORM migration that runs the given statements in the migration's transaction. */
export function migrationText(name: string, up: readonly string[], down: readonly string[]): string {
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Captures row changes. Written by \`nestjs-audit-ledger capture generate\`: run it again instead of editing this. */
export class ${name} implements MigrationInterface {
  readonly name = '${name}';

  async up(runner: QueryRunner): Promise<void> {
${up.map(callOf).join('\n')}
  }

  async down(runner: QueryRunner): Promise<void> {
${down.map(callOf).join('\n')}
  }
}
`;
}

/** Writes a script without BEGIN and COMMIT, since migration tools run a script in their own transaction. */
export function sqlText(statements: readonly string[]): string {
  const head =
    '-- Captures row changes. Run this in one transaction: with your migration tool, or psql --single-transaction --file.';
  return `${[head, ...statements.map((statement) => `${statement};`)].join('\n\n')}\n`;
}

function callOf(statement: string): string {
  return `    await runner.query(\`${statement.replace(/[\\`]|\$\{/g, '\\$&')}\`);`;
}
