import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from '@swc/core';

// biome-ignore lint/suspicious/noExplicitAny: a node of the syntax tree, of whatever kind
export type SyntaxNode = any;

/** Every TypeScript file of a folder, as its path from the root. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

const parsed = new Map<string, SyntaxNode[]>();

/** Every node of a file's syntax tree. */
export function nodesOf(file: string): SyntaxNode[] {
  const nodes = parsed.get(file) ?? parse(file);
  parsed.set(file, nodes);
  return nodes;
}

function parse(file: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (value: SyntaxNode): void => {
    if (typeof value !== 'object' || value === null) return;
    if (typeof value.type === 'string') found.push(value);
    // Where a node stands in the file is the most of the tree, and nobody asks for it.
    for (const [key, child] of Object.entries(value)) if (key !== 'span') visit(child);
  };
  visit(parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'es2022' }));
  return found;
}

/** What a file imports, types too: relative paths from the root, packages by their name. */
export function importsOf(file: string): string[] {
  const named = nodesOf(file).map((node) => {
    if (node.type === 'CallExpression' && node.callee.type === 'Import')
      return node.arguments[0]?.expression.value;
    return /^(Import|Export(All|Named)?)Declaration$/.test(node.type) ? node.source?.value : undefined;
  });
  return named
    .filter((imported) => typeof imported === 'string')
    .map((imported) => (imported.startsWith('.') ? normalize(join(dirname(file), imported)) : imported));
}

/** The names that a file declares and exports; what it passes on from another one does not count. */
export function declaredExportsOf(file: string): string[] {
  return nodesOf(file)
    .filter(({ type }) => type === 'ExportDeclaration')
    .flatMap(({ declaration }) => declaration.declarations ?? [declaration])
    .map((declared) => (declared.id ?? declared.identifier).value);
}
