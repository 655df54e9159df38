const { TestEnvironment } = require('jest-environment-node');

/** A mutant that one test has noticed is dead: the file's other tests need not run. Jest itself bails between files only. */
module.exports = class extends TestEnvironment {
  #isDead = false;

  async handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') this.#isDead = true;
    if (name === 'test_start' && this.#isDead) test.mode = 'skip';
  }
};
