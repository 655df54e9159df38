import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { filesOf, nodesOf, type SyntaxNode } from './sources.ts';

const MOST_LINES = 400;
const MOST_METHODS = 15;
const MOST_PARAMETERS = 4;

const files = filesOf('src');

/** Sentences may be as many as they are. */
const isSentences = (file: string) => /\/messages(\.\w+)?\.ts$/.test(file);

test(`no file has more than ${MOST_LINES} lines`, () => {
  const long = files
    .filter((file) => !isSentences(file))
    .filter((file) => readFileSync(file, 'utf8').trimEnd().split('\n').length > MOST_LINES);
  expect(long).toEqual([]);
});

test(`no class has more than ${MOST_METHODS} methods`, () => {
  const large = files.flatMap((file) =>
    nodesOf(file)
      .filter(({ type }) => type === 'ClassDeclaration' || type === 'ClassExpression')
      .filter(({ body }) => body.filter(isMethod).length > MOST_METHODS)
      .map(({ identifier }) => `${file} ${identifier?.value}`),
  );
  expect(large).toEqual([]);
});

test(`no function takes more than ${MOST_PARAMETERS} parameters by their position`, () => {
  const many = files.flatMap((file) =>
    nodesOf(file)
      .filter((node) => parametersOf(node).length > MOST_PARAMETERS)
      .map((node) => `${file} ${node.identifier?.value ?? node.key?.value ?? 'constructor'}`),
  );
  expect(many).toEqual([]);
});

function isMethod({ type }: SyntaxNode): boolean {
  return type === 'ClassMethod' || type === 'PrivateMethod';
}

/** A method's own stand in a node without a name of its own. */
function parametersOf(node: SyntaxNode): readonly unknown[] {
  if (isMethod(node)) return node.function.params;
  const isFunction = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|Constructor)$/.test(
    node.type,
  );
  return isFunction ? node.params : [];
}
