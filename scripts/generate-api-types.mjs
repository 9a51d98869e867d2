// The output must be code, because the tests and the build compile each file separately.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ReadonlyVisitor } from '@nestjs/swagger/plugin';
import ts from 'typescript';

const FOLDER = fileURLToPath(new URL('../src/shop/api-description', import.meta.url));
const OPTIONS = {
  introspectComments: true,
  dtoFileNameSuffix: ['.dto.ts', '.entity.ts', '.entities.ts'],
  esmCompatible: true,
};
/** The library's modules describe their routes themselves. */
const OWN = /\/src\/shop\/(?!api-description\/|config\/|database\/|logging\/|[^/]+$)/;

const { factory } = ts;
const printer = ts.createPrinter({ removeComments: true });
const page = ts.createSourceFile('api-types.generated.ts', '', ts.ScriptTarget.Latest);
const textOf = (node) => printer.printNode(ts.EmitHint.Unspecified, node, page);
const objectOf = (record, valueOf) =>
  factory.createObjectLiteralExpression(
    Object.entries(record).map(([name, value]) => factory.createPropertyAssignment(name, valueOf(value))),
  );
const expressionOf = (value) => (typeof value.kind === 'number' ? value : objectOf(value, expressionOf));
const linesOf = (files) =>
  files
    .map(([file, classes]) => [textOf(file), classes])
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([file, classes]) => `      [${file}, ${textOf(expressionOf(classes))}],`)
    .join('\n');

const visitor = new ReadonlyVisitor({ ...OPTIONS, pathToSource: FOLDER });
const program = ReadonlyVisitor.createTsProgram('tsconfig.build.json');
for (const file of program.getSourceFiles()) if (OWN.test(file.fileName)) visitor.visit(program, file);
const { models, controllers } = visitor.collect();
const imports = Object.entries(visitor.typeImports).map(([name, text]) => `    '${name}': ${text},`);

writeFileSync(
  `${FOLDER}/api-types.generated.ts`,
  `// Generated from the application's DTOs and controllers by \`npm run generate\`. Do not edit.

/** The types and comments of the application's routes, for \`SwaggerModule.loadPluginMetadata\`. */
export async function apiTypes() {
${imports.length === 0 ? '' : `  const t = {\n${imports.sort().join('\n')}\n  };\n`}  return { '@nestjs/swagger': {
    models: [
${linesOf(models)}
    ],
    controllers: [
${linesOf(controllers)}
    ],
  } };
}
`,
);
