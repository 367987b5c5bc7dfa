import path from 'node:path';

const QUIET_MS = 20_000;

// Ends a jest run with the one line that CI reads: "N passed, N failed". Where no terminal shows what runs, it says so when
// nothing has finished for a while.
export default class SummaryReporter {
  #running = new Set();
  #timer;

  #restart() {
    clearInterval(this.#timer);
    if (process.stdout.isTTY) return;
    this.#timer = setInterval(() => {
      const names = [...this.#running].map((file) => path.basename(file)).join(', ');
      process.stdout.write(`still running: ${names || 'the start of the tests'}\n`);
    }, QUIET_MS);
    this.#timer.unref();
  }

  onRunStart() {
    this.#restart();
  }

  onTestFileStart({ path: file }) {
    this.#running.add(file);
  }

  onTestFileResult({ path: file }) {
    this.#running.delete(file);
    this.#restart();
  }

  onRunComplete(_contexts, results) {
    clearInterval(this.#timer);
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests ? `, ${results.numPendingTests} skipped` : '';
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${skipped}\n`);
  }
}
