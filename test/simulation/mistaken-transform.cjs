const { createTransformer } = require('@swc/jest');
const mistakes = require('./mistakes.json');

/** Compiles as usual, and where `MISTAKE` names a deliberate mistake, makes it. */
const mistake = mistakes.find(({ name }) => name === process.env.MISTAKE);
if (process.env.MISTAKE && mistake === undefined)
  throw new Error(`There is no mistake « ${process.env.MISTAKE} »`);

module.exports = {
  createTransformer(options) {
    const swc = createTransformer(options);
    return {
      ...swc,
      process: (source, path, ...rest) => swc.process(mistaken(source, path), path, ...rest),
      getCacheKey: (source, path, ...rest) => swc.getCacheKey(mistaken(source, path), path, ...rest),
    };
  },
};

function mistaken(source, path) {
  const edit = mistake?.edits.find(({ file }) => path.endsWith(file));
  if (edit === undefined) return source;
  const parts = source.split(edit.right);
  if (parts.length !== 2) throw new Error(`« ${mistake.name} » no longer fits ${edit.file}`);
  return parts.join(edit.wrong);
}
