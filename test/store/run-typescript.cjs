// Runs a TypeScript file in a process of its own, as jest runs them in ours: `fork('run-typescript.cjs', [file, …])`.
const { transformFileSync } = require('@swc/core');

require.extensions['.ts'] = (module, file) => {
  const { code } = transformFileSync(file, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  module._compile(code, file);
};

require(process.argv[2]);
