/** The part of the devkit's file tree that we use. The package does not depend on the devkit, because the Nest CLI contains the devkit. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): { toString(): string } | null;
  create(path: string, text: string): void;
  overwrite(path: string, text: string): void;
  getDir(path: string): { readonly subfiles: readonly string[]; visit(visitor: (path: string) => void): void };
}

/** The part of the devkit's context that we use. */
export interface SchematicContext {
  readonly logger: { info(message: string): void; warn(message: string): void };
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

/** Returns the text of a file, or `undefined` if the file is missing. */
export function readText(tree: Tree, path: string): string | undefined {
  return tree.read(path)?.toString();
}

/** Writes a file, unless it already has the text. */
export function write(tree: Tree, path: string, text: string): void {
  if (!tree.exists(path)) tree.create(path, text);
  else if (readText(tree, path) !== text) tree.overwrite(path, text);
}
